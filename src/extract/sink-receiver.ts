// Between the reassembler and the sink: opens a stream's sink on its first octets and counts what
// comparisons find. Runs once a packet.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { LayerTable } from "../decode/layer-table.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark } from "../flow/flow-cursor.ts";
import type { FlowIdentity, StreamSink } from "../output/stream-sink.ts";
import { NO_STREAM } from "../output/stream-sink.ts";
import type { OctetReceiver } from "../reassembly/octet-receiver.ts";
import { hasFixedOrigin } from "../reassembly/origins.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import { clientText, serverText, vlanIds } from "./summarize-flow.ts";

export class SinkReceiver implements OctetReceiver {
  readonly #sink: StreamSink;
  readonly #vlanLayers: LayerTable;
  /** The flow whose segment is in hand: set once, a cursor that is bound anew for each packet. */
  flow: FlowCursor | null = null;

  constructor(sink: StreamSink, vlanLayers: LayerTable) {
    this.#sink = sink;
    this.#vlanLayers = vlanLayers;
  }

  octets(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    if ((stream.marks & Mark.OPENED) === 0) {
      if (this.flow!.has(FlowMark.FILTERED)) return;
      this.#open(stream);
    }
    const { handle } = stream;
    if (handle !== NO_STREAM) this.#sink.write(handle, position, bytes, start, end, packet);
  }

  again(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
    newWins: boolean,
  ): void {
    const length = end - start;
    if (!stream.has(Mark.OPENED) || stream.handle === NO_STREAM) {
      stream.count(Rare.NOT_COMPARED_BYTES, length);
      return;
    }
    const found = this.#sink.compare(stream.handle, position, bytes, start, end, packet);
    const { differing, notCompared } = found;
    if (notCompared > 0) stream.count(Rare.NOT_COMPARED_BYTES, notCompared);
    if (differing > 0) stream.count(Rare.CONFLICTING_BYTES, differing);
    // The copy that wins replaces the one kept unless both are known to be the same.
    if (newWins && differing + notCompared > 0) {
      this.#sink.overwrite(stream.handle, position, bytes, start, end, packet);
    }
  }

  rebased(stream: StreamCursor, shift: number): void {
    if (stream.handle !== NO_STREAM) this.#sink.rebase(stream.handle, shift);
  }

  finished(stream: StreamCursor): void {
    if (stream.handle === NO_STREAM) return;
    const length = Math.max(stream.highest, stream.finPosition);
    this.#sink.finishStream(stream.handle, length, hasFixedOrigin(stream));
  }

  #open(stream: StreamCursor): void {
    const flow = this.flow!;
    const identity: FlowIdentity = {
      flow: flow.number,
      client: clientText(flow),
      clientPort: flow.clientPort,
      server: serverText(flow),
      serverPort: flow.serverPort,
      vlan: vlanIds(flow, this.#vlanLayers),
      firstSeconds: flow.firstSeconds,
      firstNanos: flow.firstNanos,
    };
    stream.handle = this.#sink.openStream(identity, stream.direction);
    stream.marks |= Mark.OPENED;
  }
}
