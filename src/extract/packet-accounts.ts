// `--flow-log`: a table for each flow, a line a packet, in `NAME.flow.tsv` beside its streams. Times are
// capture times with nine decimals, lengths are octets of TCP payload on the wire, retransmitted ones
// included; "" where there was no packet before. Runs once a packet, where it is asked for.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { LayerTable } from "../decode/layer-table.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { AppendFiles } from "../output/append-files.ts";
import type { OutputDirectory } from "../output/output-directory.ts";
import type { TcpxError } from "../errors.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { spanText, timeText } from "../report/time-format.ts";
import { identityOf } from "./flow-identity.ts";
import type { PacketRecorder } from "./packet-recorder.ts";

export const ACCOUNT_COLUMNS = [
  "packet",
  "time",
  "direction",
  "payload",
  "c2sTotal",
  "s2cTotal",
  "total",
  "sinceLast",
  "sinceLastC2s",
  "sinceLastS2c",
  "elapsed",
] as const;

/** A moment of the capture; `isKnown` false before it came. */
class Moment {
  isKnown = false;
  #seconds = 0;
  #nanos = 0;

  set({ seconds, nanos }: PacketCursor): void {
    this.isKnown = true;
    this.#seconds = seconds;
    this.#nanos = nanos;
  }

  /** Seconds from here to the packet, negative where its time lies before; "" if not known. */
  textUntil({ seconds, nanos }: PacketCursor): string {
    if (!this.isKnown) return "";
    const isBack = seconds < this.#seconds || (seconds === this.#seconds && nanos < this.#nanos);
    return isBack
      ? `-${spanText(seconds, nanos, this.#seconds, this.#nanos)}`
      : spanText(this.#seconds, this.#nanos, seconds, nanos);
  }
}

/** What is kept of a live flow. */
class Account {
  c2sBytes = 0;
  s2cBytes = 0;
  readonly first = new Moment();
  readonly last = new Moment();
  readonly lastC2s = new Moment();
  readonly lastS2c = new Moment();
}

export class PacketAccounts implements PacketRecorder {
  readonly failed = false;
  readonly #directory: OutputDirectory;
  readonly #vlanLayers: LayerTable;
  readonly #files: AppendFiles;
  /** By flow number. */
  readonly #accounts = new Map<number, Account>();

  constructor(directory: OutputDirectory, vlanLayers: LayerTable, heldLimit?: number) {
    this.#directory = directory;
    this.#vlanLayers = vlanLayers;
    this.#files = new AppendFiles(directory, heldLimit);
  }

  ofFlow(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): void {
    if (this.#files.failure.error !== null) return;
    const { number } = flow;
    const account = this.#accounts.get(number) ?? this.#open(flow, packet);
    const line = lineOf(account, sender.direction, packet, segment.payloadLength);
    this.#files.append(number, Buffer.from(`${line}\n`));
  }

  done(): void {}

  ended(flow: FlowCursor): void {
    this.#accounts.delete(flow.number);
    this.#files.end(flow.number);
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  /** All flows have ended. The first error of the output, or null. */
  finish(): TcpxError | null {
    this.#files.endAll();
    return this.#files.failure.error;
  }

  #open(flow: FlowCursor, packet: PacketCursor): Account {
    const account = new Account();
    account.first.set(packet);
    this.#accounts.set(flow.number, account);
    const identity = identityOf(flow, this.#vlanLayers);
    this.#files.begin(flow.number, this.#directory.naming.flowPath(identity, "packets"));
    this.#files.append(flow.number, Buffer.from(`${ACCOUNT_COLUMNS.join("\t")}\n`));
    return account;
  }
}

/** The packet's line; the account goes on. */
function lineOf(
  account: Account,
  direction: "c2s" | "s2c",
  packet: PacketCursor,
  payload: number,
): string {
  const { first, last, lastC2s, lastS2c } = account;
  if (direction === "c2s") account.c2sBytes += payload;
  else account.s2cBytes += payload;
  const { c2sBytes, s2cBytes } = account;
  const line = [
    packet.number,
    timeText(packet.seconds, packet.nanos),
    direction,
    payload,
    c2sBytes,
    s2cBytes,
    c2sBytes + s2cBytes,
    last.textUntil(packet),
    lastC2s.textUntil(packet),
    lastS2c.textUntil(packet),
    first.textUntil(packet),
  ].join("\t");
  last.set(packet);
  (direction === "c2s" ? lastC2s : lastS2c).set(packet);
  return line;
}
