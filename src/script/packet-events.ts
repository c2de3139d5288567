// The packet in hand -> `onPacket`, the rules on new connections and on packets, and the flow's own
// listeners, in this order. The first drop or reset ends it.

import type { EventQueue } from "./event-queue.ts";
import type { FlowActions } from "./flow-face.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { PacketInHand } from "./packet-in-hand.ts";
import { PacketView } from "./packet-view.ts";
import type { FileTarget } from "./payload-view.ts";
import type { RuleRunner } from "./rule-runner.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptClock } from "./script-clock.ts";

export interface PacketEventSetting {
  readonly calls: ScriptCalls;
  readonly rules: RuleRunner;
  readonly queue: EventQueue;
  readonly clock: ScriptClock;
  readonly files: FileTarget;
  readonly inHand: PacketInHand;
  readonly actions: FlowActions;
}

export class PacketEvents {
  /** True where a script wants to see packets of every flow. */
  readonly areWanted: boolean;
  readonly #calls: ScriptCalls;
  readonly #queue: EventQueue;
  readonly #clock: ScriptClock;
  readonly #files: FileTarget;
  readonly #inHand: PacketInHand;
  readonly #actions: FlowActions;
  #isNewConnection = false;

  constructor({ calls, rules, queue, clock, files, inHand, actions }: PacketEventSetting) {
    this.areWanted =
      calls.listening("onPacket").length > 0 ||
      rules.has("newConnection") ||
      rules.has("receivePacket");
    this.#calls = calls;
    this.#queue = queue;
    this.#clock = clock;
    this.#files = files;
    this.#inHand = inHand;
    this.#actions = actions;
  }

  /** Shows the packet in hand, before it changes the state of its flow. */
  show(record: FlowRecord, isFirst: boolean): void {
    const { direction } = this.#inHand;
    const view = this.#view(record);
    this.#calls.event(
      record,
      "onPacket",
      (script, face) =>
        script.handlers.onPacket!(script.engine, view.timestamp, face, direction, view),
      undefined,
      // The octets of a packet stay where they are until all promises have settled.
      false,
    );
    const isOver = (): boolean => this.#inHand.isDropped || record.isDropped;
    if (isFirst && !isOver()) {
      this.#isNewConnection = true;
      this.#calls.evaluate("newConnection", record, (_, face) => [face, view], isOver);
      this.#isNewConnection = false;
    }
    if (!isOver()) {
      this.#calls.evaluate("receivePacket", record, (_, face) => [face, view, direction], isOver);
    }
    if (!isOver()) this.#calls.tell(record, "receivePacket", (face) => [face, view, direction]);
    if (this.#queue.isBusy) this.#queue.push(() => view.revoke());
    else view.revoke();
  }

  #view(record: FlowRecord): PacketView {
    const inHand = this.#inHand;
    const { packet, segment, direction } = inHand;
    return new PacketView(packet!, segment!, direction, this.#clock.now(), this.#files, {
      drop: () => {
        if (this.#isNewConnection) this.#actions.drop(record);
        inHand.isDropped = true;
      },
      reset: (toClient) => this.#actions.reset(record, toClient),
    });
  }
}
