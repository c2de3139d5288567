// Runs one command and measures it: wall time from just before the process is made until its exit is seen, and
// peak memory.
//
// Peak memory is VmHWM of /proc/PID/status, the kernel's own high-water mark, read every few milliseconds while
// the process lives: what is missed is only growth in the last interval. Node offers no resource usage of a
// child, and a wrapper that could would be in the measured time. Where there is no /proc it is null. It is
// that of the process itself: of threads too, not of children (so measure `node bin/tcpx.js`, not `npx tcpx`).

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Settings of a machine, not of a program: more certificates to read cost every Node 40 ms, for example. */
const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;

const POLL_MILLIS = 10;
const MOST_OUTPUT = 64 << 20;

/**
 * Runs `command` (an array; no shell) and waits. Returns `{ seconds, peakBytes, stdout, stderr }`; stdout
 * is thrown away by the kernel and "" unless `keepOutput`.
 * @throws Error if it can't be started, ends with anything but 0, or takes longer than `timeoutSeconds`.
 */
export function runMeasured(command, { keepOutput = false, timeoutSeconds = 900 } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const start = performance.now();
    const child = spawn(program, args, {
      stdio: ["ignore", keepOutput ? "pipe" : "ignore", "pipe"],
      timeout: timeoutSeconds * 1000,
      killSignal: "SIGKILL",
      env: environment,
    });
    const memory = new MemoryWatch(child.pid);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let seconds = 0;
    let peakBytes = null;
    child.once("error", reject);
    child.once("exit", () => {
      seconds = (performance.now() - start) / 1000;
      peakBytes = memory.stop();
    });
    child.once("close", (code, signal) => {
      if (code === 0) resolve({ seconds, peakBytes, stdout: stdout(), stderr: stderr() });
      else reject(new Error(`ended with ${code ?? signal}: ${firstLine(stderr())}`));
    });
  });
}

class MemoryWatch {
  #peakBytes = null;
  #timer;
  #path;

  constructor(pid) {
    if (pid === undefined || process.platform !== "linux") return;
    this.#path = `/proc/${pid}/status`;
    this.#timer = setInterval(() => this.#read(), POLL_MILLIS);
    this.#read();
  }

  stop() {
    clearInterval(this.#timer);
    return this.#peakBytes;
  }

  #read() {
    try {
      const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(this.#path, "latin1"));
      // A high-water mark only grows: the latest reading is the highest.
      if (found !== null) this.#peakBytes = Number(found[1]) * 1024;
    } catch {
      // It has ended between two readings.
    }
  }
}

/** Gathers a stream's text. Returns a function that gives what came. */
function collect(stream) {
  const parts = [];
  let bytes = 0;
  stream?.on("data", (part) => {
    bytes += part.length;
    if (bytes <= MOST_OUTPUT) parts.push(part);
  });
  return () => Buffer.concat(parts).toString("utf8");
}

function firstLine(text) {
  return text.trim().split("\n", 1)[0] || "nothing on stderr";
}
