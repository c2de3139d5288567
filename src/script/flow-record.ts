// What the host keeps of one flow while it lives: who it is, who still listens, what is held for it.
// One object a flow; all that scripts can make grow is bounded here.

import { formatAddress } from "../address.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { CaptureTime } from "./capture-time.ts";
import type { FlowFace } from "./flow-face.ts";
import type { OrderedStream } from "./ordered-stream.ts";
import type { Direction, Endpoint, FlowEvent, ScriptFlow } from "./script-api.ts";
import type { ScriptRun } from "./script-run.ts";
import type { StreamFace } from "./script-stream.ts";
import type { StreamReader } from "./stream-reader.ts";

const MOST_TAGS = 64;
const LONGEST_TAG = 256;
const MOST_LISTENERS = 64;
/** Values of one attribute, and characters of all attributes of a flow, for flows.jsonl. */
const MOST_VALUES = 16;
const MOST_ATTRIBUTE_TEXT = 64 * 1024;

const STATES = ["new", "established", "closing", "closed", "reset"] as const;

export interface FlowListenerEntry {
  readonly script: ScriptRun;
  readonly event: FlowEvent;
  readonly listener: (...args: unknown[]) => unknown;
}

export class FlowRecord {
  readonly number: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly key: string;
  readonly roleBasis: ScriptFlow["roleBasis"];
  firstSeen: CaptureTime;
  lastSeen: CaptureTime;
  state: ScriptFlow["state"] = "new";
  /** In the flow store; -1 once the flow has ended. */
  slot: number;
  isAnnounced = false;
  isDropped = false;
  isMarked = false;
  isAlarmed = false;
  readonly tags: string[] = [];
  /** Values by name, or null where there are none. */
  attributes: Map<string, string[]> | null = null;
  #attributeText = 0;
  /** By the script's index: no further event of this flow. */
  readonly detached: boolean[] = [];
  readonly faces: (FlowFace | undefined)[] = [];
  readonly listeners: FlowListenerEntry[] = [];
  readonly readers: StreamReader[] = [];
  /** Bits: 1 for c2s, 2 for s2c. */
  readersOpened = 0;
  /** No script listens any more, so that nothing is held. */
  isForgotten = false;
  /** Streams in order, made with their first octets. */
  c2s: OrderedStream | null = null;
  s2c: OrderedStream | null = null;
  c2sFace: StreamFace | null = null;
  s2cFace: StreamFace | null = null;
  /** Where a stream goes on that was stopped before its first octet. */
  readonly resumesAt: Record<Direction, number> = { c2s: 0, s2c: 0 };

  constructor(flow: FlowCursor) {
    this.number = flow.number;
    this.slot = flow.slot;
    const { ipVersion } = flow;
    const address = (word: (index: number) => number): string =>
      formatAddress(ipVersion, word(0), word(1), word(2), word(3));
    this.client = { address: address((i) => flow.clientWord(i)), port: flow.clientPort };
    this.server = { address: address((i) => flow.serverWord(i)), port: flow.serverPort };
    this.key = `${endpointText(this.client)}-${endpointText(this.server)}`;
    this.roleBasis = flow.roleBasis;
    this.firstSeen = new CaptureTime(flow.firstSeconds, flow.firstNanos);
    this.lastSeen = this.firstSeen;
  }

  /** Takes over what the cursor knows now. */
  update(flow: FlowCursor): void {
    this.state = STATES[flow.state];
    this.lastSeen = new CaptureTime(flow.lastSeconds, flow.lastNanos);
  }

  stream(direction: Direction): OrderedStream | null {
    return direction === "c2s" ? this.c2s : this.s2c;
  }

  isDetached(script: ScriptRun): boolean {
    return script.isOut || this.detached[script.index] === true;
  }

  addTag(text: string): void {
    if (typeof text !== "string" || text.length > LONGEST_TAG) {
      throw new RangeError(`a tag is a text of at most ${LONGEST_TAG} characters`);
    }
    if (this.tags.includes(text)) return;
    if (this.tags.length >= MOST_TAGS) {
      throw new RangeError(`a flow has at most ${MOST_TAGS} tags`);
    }
    this.tags.push(text);
  }

  addListener(entry: FlowListenerEntry): void {
    if (this.listeners.length >= MOST_LISTENERS) {
      throw new RangeError(`a flow has at most ${MOST_LISTENERS} listeners`);
    }
    this.listeners.push(entry);
  }

  /** The script is out of the run: nothing of it is kept. */
  takeOut(script: ScriptRun): void {
    this.faces[script.index] = undefined;
    const others = this.listeners.filter((entry) => entry.script !== script);
    this.listeners.splice(0, this.listeners.length, ...others);
  }

  /** Keeps a value for flows.jsonl: each one once, in bounds. */
  addAttribute(name: string, value: string): void {
    const size = name.length + value.length;
    if (this.#attributeText + size > MOST_ATTRIBUTE_TEXT) return;
    this.attributes ??= new Map();
    const values = this.attributes.get(name) ?? [];
    if (values.includes(value) || values.length >= MOST_VALUES) return;
    this.#attributeText += size;
    values.push(value);
    this.attributes.set(name, values);
  }
}

function endpointText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
