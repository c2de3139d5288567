// Segments of all connections -> flows with roles, lifetimes and ends (tcp.md §2, §5). Finds or opens
// the flow of a segment, has the rules applied to it, and ends flows that fell silent. Runs once a
// packet.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import { Outcome } from "../decode/outcome.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { ChecksumState, TcpFlag } from "../decode/segment-cursor.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { Reassembler } from "../reassembly/reassembler.ts";
import { sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor, StreamExtras } from "../reassembly/stream-cursor.ts";
import type { HeldSegment } from "../reassembly/stream-side.ts";
import type { FlowEnd } from "../report/flow-summary.ts";
import type { CaptureClock } from "./capture-clock.ts";
import { ChainSearch } from "./chain-search.ts";
import { FlowCursor, FlowMark, FlowState } from "./flow-cursor.ts";
import type { FlowListener, PacketObserver } from "./flow-listener.ts";
import type { FlowJournal } from "./flow-journal.ts";
import { FlowTable, LONGEST_CHAIN } from "./flow-table.ts";
import { HeaderPrediction } from "./header-prediction.ts";
import { HistoryLetter, SERVER_LETTERS } from "./history.ts";
import { ResumeTable } from "./resume-table.ts";
import { RoleBasis, roleBasisOf, senderIsClient } from "./roles.ts";
import { SegmentRules } from "./segment-rules.ts";
import type { Timeouts } from "./timeouts.ts";

/** Which part VLAN tags play in a flow's key (tcp.md §2.1). */
export const VLAN_MODES = ["separate", "ignore", "first"] as const;
export type VlanMode = (typeof VLAN_MODES)[number];

export interface TrackerOptions {
  /** Null: no flow ever leaves by silence, the linger included. */
  readonly timeouts: Timeouts | null;
  readonly maxFlows: number;
  readonly maxJump: number;
  readonly vlan: VlanMode;
  /** Makes the index unpredictable to whoever writes captures; results do not depend on it. */
  readonly hashSeed: number;
}

export class FlowTracker {
  readonly table: FlowTable;
  /** Scripts, slices and flow logs; null costs one comparison a packet. */
  observer: PacketObserver | null = null;
  /** Told why flows begin and end; null unless somebody wants to explain one. */
  journal: FlowJournal | null = null;
  readonly #reassembler: Reassembler;
  readonly #listener: FlowListener;
  readonly #options: TrackerOptions;
  readonly #chains: ChainSearch;
  readonly #prediction: HeaderPrediction;
  readonly #rules: SegmentRules;
  readonly #resumes = new ResumeTable();
  /** The flow of the segment in hand, and the stream of the segment's direction. */
  readonly #flow: FlowCursor;
  #sender: StreamCursor;
  /** For flows that end or change while another is in hand. */
  readonly #other: FlowCursor;
  /** True where the segment in hand fits no sequence space of its key. */
  #isForeign = false;
  /** True where it lies outside the time limits. */
  #isOutOfTime = false;
  #opened = 0;

  constructor(
    clock: CaptureClock,
    reassembler: Reassembler,
    extras: StreamExtras,
    listener: FlowListener,
    options: TrackerOptions,
    memory: OctetMemory | null = null,
  ) {
    this.#reassembler = reassembler;
    this.#listener = listener;
    this.#options = options;
    this.table = new FlowTable(clock, extras, options.timeouts, options.hashSeed, memory);
    this.#flow = new FlowCursor(extras);
    this.#other = new FlowCursor(extras);
    this.#sender = this.#flow.c2s;
    this.#chains = new ChainSearch(this.table, reassembler.farthest, extras);
    this.#prediction = new HeaderPrediction(reassembler);
    this.#rules = new SegmentRules(reassembler, options.maxJump);
  }

  /** Flows opened so far, those left out included; the newest flow's number. */
  get opened(): number {
    return this.#opened;
  }

  /** The flow of the segment handled last, and its stream; valid until the next call. */
  get flow(): FlowCursor {
    return this.#flow;
  }
  get sender(): StreamCursor {
    return this.#sender;
  }

  /** Ends the flows whose silence the clock has just revealed; before the packet is handed on. */
  sweep(): void {
    if (!this.table.maybeExpired) return;
    for (const slot of this.table.expired()) this.#end(slot, "timeout");
  }

  /** Ends all that is left at the end of the capture, by flow number. */
  endAll(): void {
    for (const slot of this.table.all()) this.#end(slot, "open");
  }

  /** Ends one flow on a script's word; later packets of its key open a new one. */
  endFlow(slot: number): void {
    this.#end(slot, "script");
  }

  /**
   * Takes a segment. `outOfTime`: it lies outside the time limits, so that it opens its flow, which
   * keeps its number, and does no more. Returns the packet's outcome: TCP, FILTERED or OTHER_PATH.
   */
  handle(packet: PacketCursor, segment: SegmentCursor, outOfTime: boolean): Outcome {
    this.#isOutOfTime = outOfTime;
    this.#find(packet, segment, true);
    const flow = this.#flow;
    const sender = this.#sender;
    if (this.#options.vlan === "first" && !this.#isOnPath(segment)) {
      sender.count(Rare.OTHER_PATH_PACKETS);
      return Outcome.OTHER_PATH;
    }
    if (outOfTime || (this.#isForeign && flow.has(FlowMark.OUT_OF_TIME))) {
      return this.#follow(packet, segment);
    }
    if (flow.has(FlowMark.OUT_OF_TIME)) this.#comeIntoTime(packet);
    const { observer } = this;
    const isObserved = observer !== null && !flow.has(FlowMark.FILTERED);
    if (isObserved && !observer.before(flow, sender, packet, segment)) {
      // What is dropped keeps its flow alive, or later packets would open another and pass.
      this.table.touch(flow);
      return Outcome.DROPPED;
    }
    if (this.#isForeign) {
      this.#holdForeign(packet, segment);
    } else if (!this.#prediction.take(flow, sender, packet, segment)) {
      const completed = this.#rules.apply(flow, sender, packet, segment);
      if (completed && flow.older >= 0) this.#supersedeOlder();
    }
    this.table.touch(flow);
    if (segment.checksum === ChecksumState.BAD) this.#countBadChecksum();
    if (isObserved) observer.after(flow, sender, packet, segment);
    return flow.has(FlowMark.FILTERED) ? Outcome.FILTERED : Outcome.TCP;
  }

  /**
   * Takes a segment whose checksum was refused: it opens no flow, moves no state and acknowledges
   * nothing. False if there is no flow it could belong to.
   */
  refuse(packet: PacketCursor, segment: SegmentCursor): boolean {
    if (!this.#find(packet, segment, false)) return false;
    this.#sender.countPacket(packet.seconds, packet.nanos, segment.packets);
    if (this.#flow.has(FlowMark.FILTERED | FlowMark.OUT_OF_TIME)) return true;
    this.#countBadChecksum();
    if (this.journal !== null) this.journal.refused(this.#flow, this.#sender, packet, segment);
    if (segment.payloadLength > 0) this.#reassembler.refuse(this.#sender, segment);
    return true;
  }

  /** Binds flow and sender; opens a flow where there is none, if it may. */
  #find(packet: PacketCursor, segment: SegmentCursor, mayOpen: boolean): boolean {
    const vlanPath = this.#options.vlan === "separate" ? segment.vlanPath : 0;
    const flow = this.#flow;
    this.#isForeign = false;
    if (!this.table.find(segment, vlanPath, flow)) {
      if (mayOpen) this.#open(packet, segment, vlanPath, null);
      return mayOpen;
    }
    const fromClient = this.table.foundFromClient;
    this.#sender = fromClient ? flow.c2s : flow.s2c;
    if (
      (segment.flags & (TcpFlag.SYN | TcpFlag.RST)) === 0 &&
      (this.#sender.marks & Mark.ORIGIN) !== 0
    ) {
      // The common cases: the very number that the newest flow expects next, which no other flow can
      // be nearer to; or one flow on the key, and the segment lies in its sequence space.
      const distance = sequenceDistance(this.#sender.nextSeq, segment.seq);
      if (distance === 0) return true;
      const farthest = this.#reassembler.farthest;
      if (flow.older < 0 && distance <= farthest && distance >= -farthest) return true;
    }
    const newest = flow.slot;
    const slot = this.#chains.choose(segment, flow, fromClient);
    if (slot >= 0) {
      if (slot !== newest) {
        this.table.store.bind(slot, flow);
        this.#sender = flow.directionOf(segment, vlanPath) === 1 ? flow.c2s : flow.s2c;
      }
      return true;
    }
    if (slot === ChainSearch.FOREIGN || !mayOpen) {
      this.#isForeign = true;
      return true;
    }
    const held = this.#heldForeign();
    this.#makeRoom(newest, (segment.flags & TcpFlag.SYN) !== 0);
    this.#open(packet, segment, vlanPath, held);
    if (held !== null) this.#adopt(held, newest, fromClient);
    return true;
  }

  #open(
    packet: PacketCursor,
    segment: SegmentCursor,
    vlanPath: number,
    waiting: HeldSegment | null,
  ): void {
    const flow = this.#flow;
    if (this.table.store.live >= this.#options.maxFlows) {
      this.#end(this.table.longestIdle(), "evicted");
    }
    const newest = this.table.find(segment, vlanPath, flow) ? flow.slot : -1;
    const earlier = newest >= 0 ? flow.number : 0;
    const basis = roleBasisOf(segment);
    const fromClient = senderIsClient(segment, basis);
    this.table.take(flow);
    flow.open(segment, fromClient, vlanPath, this.table.hash(segment, vlanPath));
    flow.number = ++this.#opened;
    flow.marks |= basis | (newest >= 0 ? FlowMark.REUSES_KEY : 0);
    flow.setFirst(packet.seconds, packet.nanos);
    if (basis !== RoleBasis.SYN && basis !== RoleBasis.SYN_ACK) {
      flow.state = FlowState.ESTABLISHED;
      flow.resumes = this.#resumes.take(flow);
    }
    this.table.link(flow, newest);
    this.#sender = fromClient ? flow.c2s : flow.s2c;
    this.#listener.opened(flow, packet, segment);
    if (this.journal !== null) this.journal.opened(flow, packet, segment, earlier, waiting);
  }

  /** A new flow takes the key over; a chain that would grow too long loses its oldest. */
  #makeRoom(newest: number, bySyn: boolean): void {
    const other = this.#other;
    this.table.store.bind(newest, other);
    if (bySyn) other.marks |= FlowMark.REPLACED_BY_SYN;
    let length = 1;
    for (; other.older >= 0; length++) this.table.store.bind(other.older, other);
    if (length >= LONGEST_CHAIN) this.#end(other.slot, "replaced");
  }

  /** The newer flow's handshake is complete: older ones leave once they stay silent (tcp.md §2.4). */
  #supersedeOlder(): void {
    const other = this.#other;
    for (let slot = this.#flow.older; slot >= 0; slot = other.older) {
      this.table.store.bind(slot, other);
      if (other.has(FlowMark.SUPERSEDED) || other.state >= FlowState.CLOSED) continue;
      other.marks |= FlowMark.SUPERSEDED;
      if (this.journal !== null) this.journal.superseded(other, this.#flow.number);
      this.table.touch(other);
    }
  }

  #isOnPath(segment: SegmentCursor): boolean {
    const sender = this.#sender;
    if (sender.has(Mark.PATH)) return sender.path === segment.vlanPath;
    sender.path = segment.vlanPath;
    sender.marks |= Mark.PATH;
    return true;
  }

  /** A packet outside the time limits: the flow keeps its number and its sequence space, no more. */
  #follow(packet: PacketCursor, segment: SegmentCursor): Outcome {
    const flow = this.#flow;
    if (flow.c2s.packets + flow.s2c.packets === 0) flow.marks |= FlowMark.OUT_OF_TIME;
    if (this.#isForeign) this.#holdForeign(packet, segment);
    else if (flow.has(FlowMark.OUT_OF_TIME)) {
      const isFiltered = flow.has(FlowMark.FILTERED);
      flow.marks |= FlowMark.FILTERED;
      this.#rules.apply(flow, this.#sender, packet, segment);
      if (!isFiltered) flow.marks &= ~FlowMark.FILTERED;
    }
    this.table.touch(flow);
    return Outcome.FILTERED;
  }

  /** The first packet inside the time limits: what came before was not captured, for the report. */
  #comeIntoTime(packet: PacketCursor): void {
    const flow = this.#flow;
    for (const stream of [flow.c2s, flow.s2c]) {
      stream.release();
      stream.reset();
    }
    flow.marks &= ~(FlowMark.OUT_OF_TIME | FlowMark.SYN | FlowMark.SYN_ACK);
    flow.state = FlowState.ESTABLISHED;
    flow.setFirst(packet.seconds, packet.nanos);
  }

  /**
   * Payload that fits no sequence space waits for a second segment (tcp.md §2.4). So does one that is
   * left out, or flows would have other numbers under a filter; but it is not counted.
   */
  #holdForeign(packet: PacketCursor, segment: SegmentCursor): void {
    const sender = this.#sender;
    const held = this.#reassembler.held.hold(sender, segment, packet, packet.capturedLength, true);
    const isOutOfTime = this.#isOutOfTime || this.#flow.has(FlowMark.OUT_OF_TIME);
    held.isCounted = !isOutOfTime && !this.#flow.has(FlowMark.FILTERED);
    held.isOutOfTime = isOutOfTime;
    if (isOutOfTime) return;
    sender.countPacket(packet.seconds, packet.nanos, segment.packets);
    this.#flow.setLast(packet.seconds, packet.nanos);
  }

  #heldForeign(): HeldSegment | null {
    const held = this.#sender.sideIfAny?.held ?? null;
    return held !== null && held.foreign ? held : null;
  }

  /**
   * The flow just opened takes over what waited with the key's newest flow before it, whichever of the
   * two is left out, or a filter would change where streams begin and with it the flows behind. What
   * lies outside the time limits is told by none of the two.
   */
  #adopt(held: HeldSegment, newest: number, fromClient: boolean): void {
    const flow = this.#flow;
    // Not so where that flow was evicted to make room: it has settled what it had.
    if (flow.older !== newest) return;
    if (held.isOutOfTime && !this.#isOutOfTime) return;
    const other = this.#other;
    this.table.store.bind(newest, other);
    const waited = fromClient ? other.c2s : other.s2c;
    // Payload inside the time limits is counted for a flow that tells of it.
    if (this.#isOutOfTime) this.#reassembler.held.giveUp(waited);
    else waited.side.held = null;
    const isLeftOut = flow.has(FlowMark.FILTERED);
    const isTold = !isLeftOut && !this.#isOutOfTime;
    if (isTold) {
      this.#reassembler.accept(this.#sender, asPayload(held), held, false);
    } else {
      flow.marks |= FlowMark.FILTERED;
      this.#reassembler.acceptLeftOut(this.#sender, asPayload(held), held, false);
      if (!isLeftOut) flow.marks &= ~FlowMark.FILTERED;
    }
    if (this.#isOutOfTime || held.isCounted === isTold) return;
    this.#listener.payloadMoved(isTold ? held.bytes.length : -held.bytes.length);
  }

  #countBadChecksum(): void {
    const flow = this.#flow;
    const sender = this.#sender;
    sender.count(Rare.BAD_CHECKSUMS);
    const letter = HistoryLetter.CHECKSUM;
    flow.addHistory(sender === flow.c2s ? letter : letter + SERVER_LETTERS);
  }

  /** Ends a flow for a reason that holds only while it is open: closed and reset ones stay that. */
  #end(slot: number, reason: "timeout" | "open" | "evicted" | "replaced" | "script"): void {
    const flow = this.#other;
    this.table.store.bind(slot, flow);
    if (reason === "timeout" && flow.state < FlowState.CLOSED && !flow.has(FlowMark.SUPERSEDED)) {
      this.#resumes.remember(flow);
    }
    for (const stream of [flow.c2s, flow.s2c]) {
      if (stream.hasSide) this.#reassembler.held.giveUp(stream);
    }
    const end = endOf(flow, reason);
    if (this.journal !== null) this.journal.leaves(flow, end);
    this.#listener.ended(flow, end);
    this.table.remove(flow);
  }
}

/** The state in which a flow left tells its end (tcp.md §2.6). */
function endOf(flow: FlowCursor, reason: FlowEnd): FlowEnd {
  if (reason === "script") return reason;
  if (flow.state === FlowState.CLOSED) return "fin";
  if (flow.state === FlowState.RESET) return "rst";
  if (flow.has(FlowMark.SUPERSEDED) && reason !== "evicted") return "replaced";
  return reason;
}

function asPayload(held: HeldSegment) {
  return {
    payloadSeq: held.seq,
    bytes: held.bytes,
    payloadStart: 0,
    payloadEnd: held.bytes.length,
    payloadLength: held.wireLength,
  };
}
