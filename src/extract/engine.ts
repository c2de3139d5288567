// One run: packets of the captures through decode, flow and reassembly into a sink, every packet with
// exactly one outcome. The only place where the stages meet; `#handle` runs once a packet and allocates
// nothing.
//
//     CaptureInput --packet--> filter --> Decoder --segment--> checksum --> FlowTracker --> sink

import type { CaptureInput } from "../capture/capture-input.ts";
import { PacketCursor } from "../capture/packet-cursor.ts";
import { verifyTcpChecksum } from "../decode/checksum.ts";
import { ChecksumPolicy } from "../decode/checksum-policy.ts";
import { Decoder } from "../decode/decoder.ts";
import { VLAN_IDS } from "../decode/plain-packet.ts";
import { Outcome, OUTCOME_COUNT } from "../decode/outcome.ts";
import { ChecksumState, SegmentCursor } from "../decode/segment-cursor.ts";
import { isAtOrAfter } from "../filter/time-limit.ts";
import { CaptureClock } from "../flow/capture-clock.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark } from "../flow/flow-cursor.ts";
import type { FlowListener } from "../flow/flow-listener.ts";
import { FastPath } from "./fast-path.ts";
import { FlowTracker } from "../flow/flow-tracker.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";
import type { StreamSink } from "../output/stream-sink.ts";
import { Reassembler } from "../reassembly/reassembler.ts";
import { Mark, StreamExtras } from "../reassembly/stream-cursor.ts";
import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import { FlowTotals } from "../report/flow-totals.ts";
import { StatusBit } from "../report/status-word.ts";
import type { EngineOptions } from "./engine-options.ts";
import { FlowAccountant } from "./flow-accountant.ts";
import { endpointsOf } from "./flow-endpoints.ts";
import type { PacketRecorder } from "./packet-recorder.ts";
import { SinkReceiver } from "./sink-receiver.ts";

/** Counts that the engine keeps itself, once a packet. */
export class PacketTotals {
  packets = 0;
  capturedBytes = 0;
  wireBytes = 0;
  snappedPackets = 0;
  snappedBytes = 0;
  withoutFlow = 0;
  c2sBytes = 0;
  s2cBytes = 0;
  checksumsGood = 0;
  checksumsBad = 0;
  checksumsUnverifiable = 0;
  checksumsRefused = 0;
  /** Payload octets captured of all segments that were counted for a flow: what the flows must sum to. */
  payloadBytes = 0;
  /** TCP segments that were decoded, those of packets with several included. */
  tcpSegments = 0;
}

/** Scripts: told of flows as they open and end. */
export interface FlowWitness {
  /** False: nobody wants the flow. */
  opened(flow: FlowCursor, packet: PacketCursor): boolean;
  /** Its record is still there, and not accounted for yet. */
  ended(flow: FlowCursor, end: FlowEnd): void;
}

export class Engine implements FlowListener {
  readonly clock = new CaptureClock();
  readonly decoder: Decoder;
  readonly tracker: FlowTracker;
  readonly totals = new FlowTotals();
  readonly packets = new PacketTotals();
  /** Packets by Outcome. */
  readonly outcomes: Float64Array = new Float64Array(OUTCOME_COUNT);
  /** Told of each packet when it is done; null costs one comparison a packet. */
  recorder: PacketRecorder | null = null;
  readonly extras = new StreamExtras();
  /** Null without scripts. */
  witness: FlowWitness | null = null;
  readonly #options: EngineOptions;
  readonly #packet = new PacketCursor();
  readonly #segment = new SegmentCursor();
  readonly #sink: StreamSink;
  readonly #reassembler: Reassembler;
  readonly #accountant: FlowAccountant;
  readonly #policy: ChecksumPolicy;
  readonly #computesChecksums: boolean;

  constructor(
    options: EngineOptions,
    sink: StreamSink,
    onFlow: ((summary: FlowSummary) => void) | null,
    memory: OctetMemory | null = null,
  ) {
    this.#options = options;
    this.#sink = sink;
    const { decapsulate, decapPorts } = options;
    this.decoder = new Decoder({ decapsulate, decapPorts }, memory?.int32(VLAN_IDS) ?? undefined);
    this.#policy = new ChecksumPolicy(options.checksums);
    this.#computesChecksums = options.checksums !== "ignore";
    const { extras } = this;
    const receiver = new SinkReceiver(sink, this.decoder.vlanLayers);
    const reassembler = new Reassembler(receiver, options);
    this.#reassembler = reassembler;
    this.tracker = new FlowTracker(this.clock, reassembler, extras, this, options, memory);
    receiver.flow = this.tracker.flow;
    this.#accountant = new FlowAccountant(sink, this.totals, this.decoder, onFlow);
    reassembler.onRangeLimit = (stream) => this.#accountant.settleSome(stream);
  }

  /**
   * Reads the input to its end, or until the signal aborts. Flows that are left are ended; the sink is
   * not finished.
   * @throws TcpxError what the input throws, all flows ended and counted before; else what their
   *   ending throws; AggregateError of the two where both fail, the reading's first
   */
  async run(input: CaptureInput, signal: AbortSignal | null): Promise<void> {
    const failures: unknown[] = [];
    await this.#read(input, signal).catch((error: unknown) => failures.push(error));
    try {
      this.#endAll();
    } catch (error) {
      failures.push(error);
    }
    if (failures.length > 1) throw new AggregateError(failures, "reading and ending both failed");
    if (failures.length > 0) throw failures[0];
  }

  /** The totals of all flows, once they have ended. */
  settledTotals(): FlowTotals {
    const { totals, packets } = this;
    totals.c2sBytes = packets.c2sBytes;
    totals.s2cBytes = packets.s2cBytes;
    totals.maxInMemory = this.tracker.table.store.mostLive;
    return totals;
  }

  async #read(input: CaptureInput, signal: AbortSignal | null): Promise<void> {
    const packet = this.#packet;
    const sink = this.#sink;
    const { recorder } = this;
    const aborted = abortPromise(signal);
    const fastPath = this.#openFastPath();
    while (!isAborted(signal) && !sink.failed && !hasFailed(recorder)) {
      for (;;) {
        if (fastPath !== null) {
          fastPath.run(input);
          if (fastPath.packets > 0) this.#countFastPath(fastPath);
        }
        if (!input.next(packet)) break;
        const outcome = this.#handle(packet);
        if (recorder !== null) recorder.done(packet, this.#segment, outcome);
        if (sink.congested) await sink.drained();
      }
      if (recorder !== null) await recorder.settled();
      const more = await (aborted === null ? input.fill() : Promise.race([input.fill(), aborted]));
      if (!more) break;
    }
  }

  /** Null where somebody wants to see each packet, or where packets are chosen one by one. */
  #openFastPath(): FastPath | null {
    const { bpf, after, before, vlan, hashSeed, maxJump } = this.#options;
    const heads = this.#sink.openHeads ?? null;
    const isSeen = this.recorder !== null || this.tracker.observer !== null;
    const isChosen = bpf !== null || after !== null || before !== null || vlan === "first";
    if (heads === null || isSeen || isChosen) return null;
    const { clock, extras, decoder } = this;
    const { table } = this.tracker;
    const verifiesChecksums = this.#computesChecksums;
    const reassembler = this.#reassembler;
    return FastPath.open({
      clock,
      table,
      reassembler,
      extras,
      heads,
      hashSeed,
      maxJump,
      verifiesChecksums,
      tagNumbers: decoder.tagPaths.numbers,
      separatesVlans: vlan === "separate",
    });
  }

  #countFastPath(run: FastPath): void {
    const { packets, outcomes } = this;
    const { counters } = this.decoder;
    packets.packets += run.packets;
    packets.capturedBytes += run.capturedBytes;
    packets.wireBytes += run.capturedBytes;
    packets.tcpSegments += run.packets;
    packets.payloadBytes += run.payloadBytes;
    packets.c2sBytes += run.clientBytes;
    packets.s2cBytes += run.capturedBytes - run.clientBytes;
    if (this.#computesChecksums) packets.checksumsGood += run.packets;
    outcomes[Outcome.TCP]! += run.packets;
    counters.tcpPackets += run.packets;
    counters.ipv6Packets += run.ipv6Packets;
    counters.encapsulatedPackets += run.taggedPackets;
    counters.ipv4Packets += run.packets - run.ipv6Packets;
  }

  #endAll(): void {
    this.tracker.endAll();
    this.decoder.finish();
  }

  // --- FlowListener ------------------------------------------------------------------------------

  opened(flow: FlowCursor, packet: PacketCursor): void {
    const { flowNumbers, filter } = this.#options;
    const isChosen =
      (flowNumbers === null || flowNumbers.has(flow.number)) &&
      (filter === null || filter.matches(endpointsOf(flow, this.decoder.vlanLayers)));
    if (!isChosen || this.witness?.opened(flow, packet) === false) {
      flow.marks |= FlowMark.FILTERED;
    }
  }

  ended(flow: FlowCursor, end: FlowEnd): void {
    this.witness?.ended(flow, end);
    const status = this.#accountant.ended(flow, end);
    if (status !== 0) this.recorder?.ended(flow, status);
  }

  payloadMoved(bytes: number): void {
    this.packets.payloadBytes += bytes;
  }

  // --- once a packet -----------------------------------------------------------------------------

  #handle(packet: PacketCursor): Outcome {
    const { packets, clock, outcomes } = this;
    const captured = packet.end - packet.start;
    packets.packets++;
    packets.capturedBytes += captured;
    packets.wireBytes += packet.originalLength;
    if (captured < packet.originalLength) {
      packets.snappedPackets++;
      packets.snappedBytes += packet.originalLength - captured;
    }
    const { bpf, before } = this.#options;
    const isPast = before !== null && isAtOrAfter(packet.seconds, packet.nanos, before);
    const outOfTime = isPast || this.#isEarly(packet);
    if (isPast) clock.observe(packet);
    else if (clock.advance(packet)) this.tracker.sweep();
    if (bpf !== null && !bpf.matches(packet)) {
      outcomes[Outcome.FILTERED]!++;
      packets.withoutFlow++;
      // Of a protocol that nobody has looked at.
      this.decoder.counters.otherPackets++;
      return Outcome.FILTERED;
    }
    const segment = this.#segment;
    let outcome: Outcome = this.decoder.decode(packet, segment);
    if (outcome !== Outcome.TCP) {
      outcomes[outcome]!++;
      packets.withoutFlow++;
      return outcome;
    }
    segment.packets = 1 + segment.earlierFragments;
    outcome = this.#take(packet, segment, outOfTime);
    outcomes[outcome]!++;
    // Further segments of the same packet (A-MSDU) are no further packets.
    while (this.decoder.decodeNext(segment)) {
      segment.packets = 0;
      this.#take(packet, segment, outOfTime);
    }
    return outcome;
  }

  #take(packet: PacketCursor, segment: SegmentCursor, outOfTime: boolean): Outcome {
    const { packets, tracker } = this;
    packets.tcpSegments++;
    let isGood = false;
    if (this.#computesChecksums) {
      const state = verifyTcpChecksum(segment);
      segment.checksum = state;
      if (state === ChecksumState.GOOD) {
        packets.checksumsGood++;
        isGood = true;
      } else if (state === ChecksumState.UNVERIFIABLE) packets.checksumsUnverifiable++;
      else {
        packets.checksumsBad++;
        if (this.#policy.refuses(segment)) return this.#refuse(packet, segment, outOfTime);
      }
    }
    const outcome = tracker.handle(packet, segment, outOfTime);
    // Of flows that are left out as well, or a filter would change what is refused.
    const { sender } = tracker;
    if (isGood && (sender.marks & Mark.VERIFIED) === 0) {
      sender.marks |= Mark.VERIFIED;
      this.#policy.confirm(segment);
    }
    if (outcome !== Outcome.TCP) {
      packets.withoutFlow += segment.packets > 0 ? 1 : 0;
      return outcome;
    }
    this.#countFlowPacket(packet, segment);
    return outcome;
  }

  #refuse(packet: PacketCursor, segment: SegmentCursor, outOfTime: boolean): Outcome {
    const { packets, tracker } = this;
    packets.checksumsRefused++;
    const isCounted =
      !outOfTime &&
      tracker.refuse(packet, segment) &&
      !tracker.flow.has(FlowMark.FILTERED | FlowMark.OUT_OF_TIME);
    if (isCounted) this.#countFlowPacket(packet, segment);
    else packets.withoutFlow += segment.packets > 0 ? 1 : 0;
    return Outcome.BAD_CHECKSUM;
  }

  /** The packet, and the fragments before it, belong to the flow and direction of the segment. */
  #countFlowPacket(packet: PacketCursor, segment: SegmentCursor): void {
    const { packets, tracker, recorder } = this;
    if (recorder !== null) recorder.ofFlow(tracker.flow, tracker.sender, packet, segment);
    packets.payloadBytes += segment.payloadEnd - segment.payloadStart;
    if (segment.packets === 0) return;
    const bytes = packet.end - packet.start + segment.earlierFragmentBytes;
    if (tracker.sender === tracker.flow.c2s) packets.c2sBytes += bytes;
    else packets.s2cBytes += bytes;
    packets.withoutFlow -= segment.earlierFragments;
    if (segment.lengthWasZero) tracker.flow.status |= StatusBit.LENGTH_ZERO;
    if (segment.reassembled) tracker.flow.status |= StatusBit.FRAG_REASSEMBLED;
  }

  #isEarly(packet: PacketCursor): boolean {
    const { after } = this.#options;
    return after !== null && !isAtOrAfter(packet.seconds, packet.nanos, after);
  }
}

function abortPromise(signal: AbortSignal | null): Promise<false> | null {
  if (signal === null) return null;
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener("abort", () => resolve(false), { once: true });
  });
}

function isAborted(signal: AbortSignal | null): boolean {
  return signal !== null && signal.aborted;
}

function hasFailed(recorder: PacketRecorder | null): boolean {
  return recorder !== null && recorder.failed;
}
