// The first of two passes: notes to which flow each packet belongs. The second one, `writeLogged`, reads
// the same captures again, without an engine, and writes the records of the flows that were chosen.

import type { CaptureInput } from "../capture/capture-input.ts";
import { PacketCursor } from "../capture/packet-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { PacketRecord } from "../output/capture-encoder.ts";
import type { RecordWriter } from "../output/capture-writer.ts";
import { FlowSet } from "./flow-selection.ts";
import type { FlowSelection } from "./flow-selection.ts";
import type { PacketCode } from "./packet-log.ts";
import { flowOfCode, NOT_WANTED, OF_NO_FLOW, PacketLog } from "./packet-log.ts";
import { SliceRecorder } from "./slice-recorder.ts";
import { SliceCounts } from "./slice-counts.ts";

export class LoggingSlice extends SliceRecorder {
  readonly failed = false;
  readonly log: PacketLog = new PacketLog();

  settled(): Promise<void> {
    return Promise.resolve();
  }

  protected take(
    packet: PacketCursor,
    codes: readonly PacketCode[],
    fragments: readonly number[],
  ): void {
    const code = codes[0]!;
    this.log.set(packet.number, code);
    if (codes.length > 1) this.log.setFurther(packet.number, codes.slice(1));
    for (const fragment of fragments) this.log.add(fragment, code);
  }

  protected takeOther(packet: PacketCursor): void {
    this.log.set(packet.number, OF_NO_FLOW);
  }

  protected leave(fragments: readonly number[]): void {
    for (const fragment of fragments) this.log.set(fragment, NOT_WANTED);
  }

  protected wait(_packet: PacketCursor): void {}

  protected forge(after: PacketCursor, record: PacketRecord, code: PacketCode): void {
    this.log.forge(after.number, { record, code });
  }

  protected endFlow(_flow: FlowCursor): void {}
}

/** Reads the captures again, from their beginning, and writes what is wanted of them. */
export async function writeLogged(
  input: CaptureInput,
  log: PacketLog,
  selection: FlowSelection,
  writer: RecordWriter,
  signal: AbortSignal | null,
): Promise<SliceCounts> {
  const counts = new SliceCounts();
  const flows = new FlowSet();
  const packet = new PacketCursor();
  const write = (record: PacketRecord, flow: number, isFurther = false): void => {
    writer.write(record, flow, isFurther);
    if (writer.failed) return;
    if (!isFurther) counts.packets++;
    if (flow !== 0) flows.add(flow);
  };
  /** The flow for which a packet is written; null where it is not wanted. */
  const chosenBy = (code: PacketCode): number | null => {
    if (code === NOT_WANTED) return null;
    const flow = flowOfCode(code);
    return flow === 0 || selection.isChosen(flow) ? flow : null;
  };
  let read = 0;
  reading: do {
    while (input.next(packet)) {
      read = packet.number;
      let flow = chosenBy(log.get(read));
      if (flow !== null) write(packet, flow);
      for (const code of log.furtherOf(read)) {
        const further = chosenBy(code);
        if (further === null || further === flow) continue;
        write(packet, further, flow !== null);
        flow ??= further;
      }
      for (const forged of log.forgedBehind(read)) {
        const its = chosenBy(forged.code);
        if (its === null) continue;
        write(forged.record, its);
        counts.forged++;
      }
      if (read >= log.last || writer.failed) break reading;
    }
    await writer.flush();
  } while (!isAborted(signal) && (await input.fill()));
  counts.flows = flows.size;
  counts.unread = isAborted(signal) || writer.failed ? 0 : Math.max(0, log.last - read);
  return counts;
}

function isAborted(signal: AbortSignal | null): boolean {
  return signal !== null && signal.aborted;
}
