// Alarms of scripts: a line of alerts.jsonl each, and two numbers of the report.

import type { CaptureTime } from "./capture-time.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { AlertFields } from "./script-api.ts";
import type { ScriptFiles } from "./script-files.ts";

export const ALERT_SCHEMA = "tcpx.alert/1";
const FILE = "alerts.jsonl";
const BUFFER_CHARACTERS = 64 * 1024;
const LONGEST_TEXT = 4096;

export class AlertLog {
  readonly #files: ScriptFiles | null;
  #lines = "";
  alarms = 0;
  flows = 0;

  /** `files` null: nothing is written, alarms are counted all the same. */
  constructor(files: ScriptFiles | null) {
    this.#files = files;
  }

  /** @throws TypeError, RangeError where it is no alert */
  add(record: FlowRecord, script: string, time: CaptureTime, alert: AlertFields): void {
    const { key, priority = 3, message } = alert;
    if (typeof key !== "string" || typeof message !== "string") {
      throw new TypeError("an alert is { key, priority?, message }, key and message texts");
    }
    if (!Number.isInteger(priority) || priority < 1 || priority > 5) {
      throw new RangeError(`priorities are 1 (highest) to 5, not ${String(priority)}`);
    }
    this.alarms++;
    if (!record.isAlarmed) this.flows++;
    record.isAlarmed = true;
    if (this.#files === null) return;
    const line = {
      schema: ALERT_SCHEMA,
      ts: time.toString(),
      flow: record.number,
      client: record.client.address,
      clientPort: record.client.port,
      server: record.server.address,
      serverPort: record.server.port,
      script,
      key: key.slice(0, LONGEST_TEXT),
      priority,
      message: message.slice(0, LONGEST_TEXT),
    };
    this.#lines += `${JSON.stringify(line)}\n`;
    if (this.#lines.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#lines === "" || this.#files === null) return;
    const lines = Buffer.from(this.#lines);
    this.#lines = "";
    this.#files.appendOwn(FILE, lines);
  }
}
