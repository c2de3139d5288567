// `flows.jsonl`: a line a flow, in the order in which flows end, appended while the run goes on, so that
// what had ended is there even if the run is killed. A line waits until its streams are in their files:
// it says nothing that isn't true on the disk.

import { formatFlowLine } from "../report/flow-line.ts";
import type { FlowSummary } from "../report/flow-summary.ts";
import type { FileSystem } from "./file-system.ts";
import { CREATE_TO_WRITE, NEW_FILE_MODE, PartialWriteError, writeFully } from "./file-system.ts";
import type { OutputDirectory } from "./output-directory.ts";
import type { WriteFailure } from "./write-failure.ts";

export const FLOW_LOG_NAME = "flows.jsonl";
/** Lines are written when so many characters of them wait, and whenever the engine pauses. */
const WRITE_FROM = 64 * 1024;
/** Octets of UTF-8 that a character of a string takes at most. */
const MOST_OCTETS = 3;
const CLOSED = -1;

/** A line that is on its way; handed out by `add`. */
export interface FlowLine {
  readonly summary: FlowSummary;
  state: "waiting" | "ready" | "dropped";
}

export class FlowLog {
  readonly #fileSystem: FileSystem;
  readonly #failure: WriteFailure;
  #descriptor = CLOSED;
  /** Octets in the file: whole lines. */
  #size = 0;
  #lines: FlowLine[] = [];
  #text = "";
  /** What `text` is encoded into. */
  #bytes = Buffer.alloc(0);
  #isScheduled = false;

  /** Makes the file; an error is the output's. */
  constructor(directory: OutputDirectory, failure: WriteFailure) {
    this.#fileSystem = directory.fileSystem;
    this.#failure = failure;
    try {
      const path = directory.pathOf(FLOW_LOG_NAME);
      this.#descriptor = this.#fileSystem.openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
    } catch (error) {
      failure.record(FLOW_LOG_NAME, 0, error);
    }
  }

  /** Lines that are not in the file yet. */
  get waiting(): number {
    return this.#lines.length;
  }

  /** Takes a place for the line; `settle` says when it may be written. */
  add(summary: FlowSummary): FlowLine {
    const line: FlowLine = { summary, state: "waiting" };
    this.#lines.push(line);
    return line;
  }

  /** The line is true now, or its flow could not be written and it is dropped. */
  settle(line: FlowLine, isTrue: boolean): void {
    line.state = isTrue ? "ready" : "dropped";
    const lines = this.#lines;
    let done = 0;
    for (; done < lines.length && lines[done]!.state !== "waiting"; done++) {
      if (lines[done]!.state === "ready") this.#text += `${formatFlowLine(lines[done]!.summary)}\n`;
    }
    if (done === lines.length) lines.length = 0;
    else if (done > 0) lines.splice(0, done);
    if (this.#text.length >= WRITE_FROM) this.flush();
    else if (this.#text !== "") this.#flushSoon();
  }

  /** Writes the lines that may be written. */
  flush(): void {
    if (this.#text === "" || this.#descriptor === CLOSED) return;
    const room = this.#text.length * MOST_OCTETS;
    if (this.#bytes.length < room) this.#bytes = Buffer.allocUnsafeSlow(room);
    const bytes = this.#bytes.subarray(0, this.#bytes.write(this.#text));
    this.#text = "";
    try {
      writeFully(this.#fileSystem, this.#descriptor, bytes, 0, bytes.length, this.#size);
      this.#size += bytes.length;
    } catch (error) {
      this.#failure.record(FLOW_LOG_NAME, this.#size, error);
      this.#keepWholeLines(bytes, error);
      this.close();
    }
  }

  /** When the engine waits for more of the capture: a live capture may let it wait for long. */
  #flushSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  close(): void {
    this.flush();
    if (this.#descriptor === CLOSED) return;
    const descriptor = this.#descriptor;
    this.#descriptor = CLOSED;
    try {
      this.#fileSystem.closeSync(descriptor);
    } catch (error) {
      this.#failure.record(FLOW_LOG_NAME, this.#size, error);
    }
  }

  #keepWholeLines(bytes: Buffer, error: unknown): void {
    const written = error instanceof PartialWriteError ? error.written : 0;
    if (written > 0) this.#size += bytes.lastIndexOf(0x0a, written - 1) + 1;
    try {
      this.#fileSystem.ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // The disk is broken; the first error is kept already.
    }
  }
}
