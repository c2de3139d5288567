// The progress line on a terminal: one line on standard error, redrawn in place and gone at the end. A
// timer looks at the run a few times a second; the engine never calls here.

import type { Progress } from "../extract/run-options.ts";
import type { OutputStream } from "./session.ts";

/** Redrawing costs some ten microseconds. */
const REDRAW_MILLIS = 200;
/** Packets/s is told over at least this time. */
const RATE_MILLIS = 2000;
const DEFAULT_COLUMNS = 80;
const ERASE_LINE = "\r\u001b[K";

interface Sample {
  readonly millis: number;
  readonly packets: number;
}

export class ProgressLine {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #isShown = false;

  /** `now` in milliseconds. */
  constructor(stream: OutputStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Shows the line from now on; `look` is called for each redrawing. */
  start(look: () => Progress): void {
    const startMillis = this.#now();
    let older: Sample = { millis: startMillis, packets: 0 };
    let newer = older;
    this.#timer = setInterval(() => {
      const millis = this.#now();
      const progress = look();
      if (millis - newer.millis >= RATE_MILLIS) {
        older = newer;
        newer = { millis, packets: progress.packets };
      }
      const seconds = Math.max((millis - older.millis) / 1000, 0.001);
      const packetsPerSecond = (progress.packets - older.packets) / seconds;
      const line = formatProgress(progress, packetsPerSecond, (millis - startMillis) / 1000);
      // some terminals say that they are 0 wide
      const { columns = 0 } = this.#stream;
      const width = (columns > 0 ? columns : DEFAULT_COLUMNS) - 1;
      this.#stream.write(`${ERASE_LINE}${line.slice(0, width)}`);
      this.#isShown = true;
    }, REDRAW_MILLIS);
    this.#timer.unref();
  }

  /** Takes the line away so that another can be printed; the next redrawing brings it back. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#stream.write(ERASE_LINE);
  }

  /** For good. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.clear();
  }
}

/** `35%, 1.20 G of 3.40 G octets, 1.93 M packets/s, 1234 live flows, 12s left`; for a pipe without total. */
export function formatProgress(
  progress: Progress,
  packetsPerSecond: number,
  elapsedSeconds: number,
): string {
  const { bytesRead, totalBytes, liveFlows } = progress;
  const rate = `${shortNumber(Math.round(packetsPerSecond))} packets/s, ${liveFlows} live flows`;
  if (totalBytes === null) return `${shortNumber(bytesRead)} octets, ${rate}`;
  const share = totalBytes === 0 ? 1 : Math.min(bytesRead / totalBytes, 1);
  const octets = `${shortNumber(bytesRead)} of ${shortNumber(totalBytes)} octets`;
  const line = `${Math.floor(share * 100)}%, ${octets}, ${rate}`;
  if (share === 0) return line;
  return `${line}, ${shortDuration((elapsedSeconds * (1 - share)) / share)} left`;
}

/** Three digits or so, by powers of ten: `999`, `1.20 G`. */
function shortNumber(value: number): string {
  let rest = value;
  for (const unit of ["", " K", " M", " G"]) {
    if (rest < 1000) return `${unit === "" ? rest : rest.toFixed(2)}${unit}`;
    rest /= 1000;
  }
  return `${rest.toFixed(2)} T`;
}

/** Rounded up: `12s`, `3m 05s`, `2h 07m`. */
function shortDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(whole % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}
