// Writes the packets of a slice as they come, for input that can be read only once. What may be wanted
// later is remembered in bounded memory: packets of flows without a reason yet, and fragments whose
// datagram is not complete. It is written when the reason comes, behind what was written until then.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { PacketRecord } from "../output/capture-encoder.ts";
import type { RecordWriter } from "../output/capture-writer.ts";
import { FlowSet } from "./flow-selection.ts";
import type { PacketCode } from "./packet-log.ts";
import { flowOfCode } from "./packet-log.ts";
import { PacketMemory } from "./packet-memory.ts";
import { SliceCounts } from "./slice-counts.ts";
import { SliceRecorder } from "./slice-recorder.ts";
import type { SliceRules } from "./slice-recorder.ts";

export class LiveSlice extends SliceRecorder {
  readonly counts: SliceCounts = new SliceCounts();
  readonly #writer: RecordWriter;
  readonly #memory: PacketMemory;
  /** A writer that fails ends the run. */
  readonly #endsRun: boolean;
  readonly #flows = new FlowSet();
  readonly #named = new FlowSet();

  constructor(rules: SliceRules, writer: RecordWriter, memoryBytes: number, endsRun: boolean) {
    super(rules);
    this.#writer = writer;
    this.#memory = new PacketMemory(memoryBytes);
    this.#endsRun = endsRun;
  }

  get failed(): boolean {
    return this.#endsRun && this.#writer.failed;
  }

  settled(): Promise<void> {
    return this.#writer.flush();
  }

  protected override chosenInHand(flow: FlowCursor): void {
    const { onFlow, selection } = this.rules;
    const { number } = flow;
    if (onFlow === null || this.#named.has(number) || !selection.isChosen(number)) return;
    this.#named.add(number);
    onFlow(flow);
  }

  protected take(
    packet: PacketCursor,
    codes: readonly PacketCode[],
    fragments: readonly number[],
  ): void {
    const { selection } = this.rules;
    let isWritten = false;
    for (const code of codes) {
      const flow = flowOfCode(code);
      if (!selection.isChosen(flow)) continue;
      this.#release(flow);
      for (const fragment of fragments) {
        const record = this.#memory.take(fragment);
        if (record !== null) this.#write(record, flow, false);
        else if (this.rules.wantsOther === null) this.counts.forgotten++;
      }
      this.#write(packet, flow, isWritten);
      isWritten = true;
    }
    if (isWritten) return;
    const flow = flowOfCode(codes[0]!);
    for (const fragment of fragments) this.#memory.assign(fragment, flow);
    this.#memory.remember(packet.number, packet, flow);
  }

  protected takeOther(packet: PacketCursor): void {
    this.#write(packet, 0, false);
  }

  protected leave(fragments: readonly number[]): void {
    for (const fragment of fragments) this.#memory.take(fragment);
  }

  protected wait(packet: PacketCursor): void {
    // With all others it is written already.
    if (this.rules.wantsOther === null) this.#memory.remember(packet.number, packet, 0);
  }

  protected forge(_after: PacketCursor, record: PacketRecord, code: PacketCode): void {
    const flow = flowOfCode(code);
    if (!this.rules.selection.isChosen(flow)) return;
    this.#write(record, flow, false);
    this.counts.forged++;
  }

  protected endFlow(flow: FlowCursor): void {
    if (this.rules.selection.isChosen(flow.number)) this.#release(flow.number);
    else this.#memory.forget(flow.number);
  }

  #release(flow: number): void {
    if (!this.#memory.has(flow)) return;
    this.counts.forgotten += this.#memory.release(flow, (record) => {
      this.#write(record, flow, false);
    });
  }

  #write(record: PacketRecord, flow: number, isFurther: boolean): void {
    this.#writer.write(record, flow, isFurther);
    if (this.#writer.failed) return;
    if (!isFurther) this.counts.packets++;
    if (flow === 0 || this.#flows.has(flow)) return;
    this.#flows.add(flow);
    this.counts.flows++;
  }
}
