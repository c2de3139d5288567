// A flow has ended: settles its two streams, adds them to the run's totals, and hands its summary to
// whoever wants one. Runs once a flow.

import { settleOldest } from "../reassembly/gap-walk.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark, FlowState } from "../flow/flow-cursor.ts";
import type { FlowEnding, StreamHandle, StreamSink } from "../output/stream-sink.ts";
import { NO_STREAM } from "../output/stream-sink.ts";
import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import type { FlowTotals } from "../report/flow-totals.ts";
import type { StreamPlace } from "../report/report.ts";
import { GAP_CAUSES } from "../report/report.ts";
import { StatusBit } from "../report/status-word.ts";
import { MirrorTable } from "./mirror-table.ts";
import { SettlingVisitor, StreamAccount } from "./stream-account.ts";
import type { LayerTables } from "./summarize-flow.ts";
import { clientText, isOneWay, serverText, startOf, summarizeFlow } from "./summarize-flow.ts";

/** Reused for each flow; see FlowEnding. */
class Ending implements FlowEnding {
  c2s: StreamHandle = NO_STREAM;
  s2c: StreamHandle = NO_STREAM;
  c2sLength = 0;
  s2cLength = 0;
  c2sMissing = 0;
  s2cMissing = 0;
  summary: FlowSummary | null = null;
}

export class FlowAccountant {
  readonly #sink: StreamSink;
  readonly #totals: FlowTotals;
  readonly #layers: LayerTables;
  readonly #onFlow: ((summary: FlowSummary) => void) | null;
  readonly #c2s: StreamAccount;
  readonly #s2c: StreamAccount;
  readonly #ending = new Ending();
  readonly #mirrors = new MirrorTable();
  readonly #settling = new SettlingVisitor();

  constructor(
    sink: StreamSink,
    totals: FlowTotals,
    layers: LayerTables,
    onFlow: ((summary: FlowSummary) => void) | null,
  ) {
    this.#sink = sink;
    this.#totals = totals;
    this.#layers = layers;
    this.#onFlow = onFlow;
    const spill = (stream: StreamCursor, gaps: Parameters<StreamSink["spillGaps"]>[1]) => {
      if (stream.handle !== NO_STREAM) sink.spillGaps(stream.handle, gaps);
    };
    this.#c2s = new StreamAccount(spill);
    this.#s2c = new StreamAccount(spill);
  }

  /** Settles the older half of a stream's holes: its list has reached the bound (tcp.md §4.3). */
  settleSome(stream: StreamCursor): void {
    settleOldest(stream, this.#settling);
    if (stream.handle !== NO_STREAM) this.#sink.spillGaps(stream.handle, this.#settling.gaps);
    this.#settling.gaps.length = 0;
  }

  /** The flow's status word, its streams' bits included; 0 for a flow that was left out. */
  ended(flow: FlowCursor, end: FlowEnd): number {
    if (flow.has(FlowMark.FILTERED | FlowMark.OUT_OF_TIME)) {
      this.#totals.filtered++;
      return 0;
    }
    this.#c2s.settle(flow.c2s);
    this.#s2c.settle(flow.s2c);
    const status = this.#statusOf(flow, end) | this.#c2s.status | this.#s2c.status;
    this.#addFlow(flow, end, status);
    this.#addStream(flow, flow.c2s, this.#c2s);
    this.#addStream(flow, flow.s2c, this.#s2c);
    const ending = this.#ending;
    ending.c2s = flow.c2s.handle;
    ending.s2c = flow.s2c.handle;
    ending.c2sLength = this.#c2s.length;
    ending.s2cLength = this.#s2c.length;
    ending.c2sMissing = this.#c2s.missingBytes;
    ending.s2cMissing = this.#s2c.missingBytes;
    ending.summary =
      this.#sink.wantsSummaries || this.#onFlow !== null
        ? summarizeFlow(flow, end, status, this.#c2s, this.#s2c, this.#layers)
        : null;
    this.#sink.endFlow(ending);
    if (ending.summary !== null) this.#onFlow?.(ending.summary);
    return status;
  }

  #statusOf(flow: FlowCursor, end: FlowEnd): number {
    let status = flow.status | (flow.ipVersion === 4 ? StatusBit.IPV4 : StatusBit.IPV6);
    if (!flow.has(FlowMark.SYN | FlowMark.SYN_ACK)) status |= StatusBit.MIDSTREAM;
    if (isOneWay(flow)) status |= StatusBit.ONE_WAY;
    if (flow.has(FlowMark.REUSES_KEY | FlowMark.REPLACED_BY_SYN)) status |= StatusBit.TUPLE_REUSE;
    if (flow.vlanPath !== 0 || flow.encapsulation !== 0) status |= StatusBit.ENCAPSULATED;
    if (flow.c2s.has(Mark.RESET) || flow.s2c.has(Mark.RESET)) status |= StatusBit.RESET;
    if (end === "timeout") status |= StatusBit.TIMEOUT;
    if (end === "open") status |= StatusBit.OPEN_AT_END;
    if (end === "evicted") status |= StatusBit.EVICTED;
    return status;
  }

  #addFlow(flow: FlowCursor, end: FlowEnd, status: number): void {
    const totals = this.#totals;
    totals.flows++;
    totals.status |= status;
    const start = startOf(flow);
    if (start === "handshake") totals.startHandshake++;
    else if (start === "partial") totals.startPartial++;
    else totals.startMidstream++;
    if (isOneWay(flow)) {
      totals.oneWay++;
      if (flow.vlanPath !== 0 && this.#mirrors.meets(flow)) totals.mirroredUnderVlans++;
    }
    if (flow.has(FlowMark.REPLACED_BY_SYN)) totals.replacedByNewSyn++;
    switch (end) {
      case "fin":
        totals.endFin++;
        break;
      case "rst":
        totals.endRst++;
        break;
      case "timeout":
        totals.endTimeout++;
        if (flow.state === FlowState.NEW) totals.timedOutNew++;
        else if (flow.state === FlowState.ESTABLISHED) totals.timedOutEstablished++;
        else totals.timedOutClosing++;
        break;
      case "evicted":
        totals.endEvicted++;
        break;
      case "open":
        totals.endOpen++;
        break;
      case "replaced":
        totals.endReplaced++;
        break;
      case "script":
        totals.endScript++;
        break;
    }
  }

  #addStream(flow: FlowCursor, stream: StreamCursor, account: StreamAccount): void {
    const totals = this.#totals;
    if (stream.direction === "c2s") totals.c2sPackets += stream.packets;
    else totals.s2cPackets += stream.packets;
    totals.segments += account.segments;
    totals.inOrder += stream.inOrder;
    totals.capturedBytes += stream.capturedBytes;
    totals.writtenBytes += stream.writtenBytes;
    totals.streamBytes += account.length;
    if (stream.has(Mark.SYN | Mark.SYN_ACK)) totals.syn++;
    if (stream.has(Mark.FIN)) totals.fin++;
    if (account.finUnseen) totals.finUnseen++;
    if (stream.hasRare) this.#addRare(stream);
    if (stream.writtenBytes > 0) totals.withData++;
    else if (account.length > 0) totals.withoutData++;
    if (account.missingBytes > 0) {
      totals.incomplete++;
      this.#addMissing(flow, stream, account);
    } else if (stream.writtenBytes > 0) totals.complete++;
  }

  #addRare(stream: StreamCursor): void {
    const totals = this.#totals;
    totals.afterHole += stream.rare(Rare.AFTER_HOLE);
    totals.outOfOrder += stream.rare(Rare.OUT_OF_ORDER);
    totals.overlapping += stream.rare(Rare.OVERLAPPING);
    totals.retransmitted += stream.rare(Rare.RETRANSMITTED);
    totals.probes += stream.rare(Rare.PROBES);
    totals.notPlaced += stream.rare(Rare.NOT_PLACED);
    totals.duplicatedPackets += stream.rare(Rare.DUPLICATED_PACKETS);
    totals.zeroWindows += stream.rare(Rare.ZERO_WINDOWS);
    totals.implausibleResets += stream.rare(Rare.IMPLAUSIBLE_RESETS);
    totals.syn += stream.rare(Rare.FURTHER_SYN);
    totals.fin += stream.rare(Rare.FURTHER_FIN);
    totals.rst += stream.rare(Rare.RST);
    totals.snappedBytes += stream.rare(Rare.SNAPPED_BYTES);
    totals.retransmittedBytes += stream.rare(Rare.RETRANSMITTED_BYTES);
    totals.overlappingBytes += stream.rare(Rare.OVERLAPPING_BYTES);
    totals.probeBytes += stream.rare(Rare.PROBE_BYTES);
    totals.refusedBytes += stream.rare(Rare.REFUSED_BYTES);
    totals.beforeStartBytes += stream.rare(Rare.BEFORE_START_BYTES);
    totals.implausibleBytes += stream.rare(Rare.IMPLAUSIBLE_BYTES);
    totals.resetPayloadBytes += stream.rare(Rare.RESET_PAYLOAD_BYTES);
    totals.afterFinBytes += stream.rare(Rare.AFTER_FIN_BYTES);
    totals.afterResetBytes += stream.rare(Rare.AFTER_RESET_BYTES);
    totals.lateFillBytes += stream.rare(Rare.LATE_FILL_BYTES);
    totals.conflictingBytes += stream.rare(Rare.CONFLICTING_BYTES);
    totals.notComparedBytes += stream.rare(Rare.NOT_COMPARED_BYTES);
  }

  #addMissing(flow: FlowCursor, stream: StreamCursor, account: StreamAccount): void {
    const totals = this.#totals;
    totals.missingBytes += account.missingBytes;
    totals.gaps += account.gapCount;
    GAP_CAUSES.forEach((name, cause) => {
      const sum = totals.missing[name];
      sum.bytes += account.missing[cause]!;
      sum.gaps += account.gapCounts[cause]!;
      sum.maxBytes = Math.max(sum.maxBytes, account.largest[cause]!);
    });
    const gap = totals.biggestGap;
    if (isBigger(account.biggestLength, flow.number, gap, gap?.length ?? 0)) {
      totals.biggestGap = {
        ...placeOf(flow, stream),
        start: account.biggestStart,
        length: account.biggestLength,
        cause: GAP_CAUSES[account.biggestCause],
      };
    }
    const loser = totals.biggestLoser;
    if (isBigger(account.missingBytes, flow.number, loser, loser?.missingBytes ?? 0)) {
      totals.biggestLoser = {
        ...placeOf(flow, stream),
        missingBytes: account.missingBytes,
        streamBytes: account.length,
        gaps: account.gapCount,
      };
    }
  }
}

/** The larger one; of equals that of the lower flow number, whichever flow ended first. */
function isBigger(size: number, flow: number, than: StreamPlace | null, thanSize: number): boolean {
  if (than === null || size > thanSize) return true;
  return size === thanSize && flow < than.flow;
}

function placeOf(flow: FlowCursor, stream: StreamCursor): StreamPlace {
  const client = clientText(flow);
  const server = serverText(flow);
  const { clientPort, serverPort } = flow;
  return stream.direction === "c2s"
    ? {
        flow: flow.number,
        direction: "c2s",
        source: client,
        sourcePort: clientPort,
        destination: server,
        destinationPort: serverPort,
      }
    : {
        flow: flow.number,
        direction: "s2c",
        source: server,
        sourcePort: serverPort,
        destination: client,
        destinationPort: clientPort,
      };
}
