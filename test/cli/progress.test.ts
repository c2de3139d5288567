import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressLine, formatProgress } from "../../src/cli/progress.ts";
import { StubSession, StubStream, resultOf } from "./stub-session.ts";

describe("the progress line", () => {
  const progress = {
    bytesRead: 1_200_000_000,
    totalBytes: 3_400_000_000,
    packets: 5,
    liveFlows: 1234,
  };

  it("tells octets of total, packets/s, live flows and time left", () => {
    expect(formatProgress(progress, 1_930_000, 6)).toBe(
      "35%, 1.20 G of 3.40 G octets, 1.93 M packets/s, 1234 live flows, 11s left",
    );
  });

  it("of a pipe tells no total and no time left", () => {
    expect(formatProgress({ ...progress, totalBytes: null }, 12, 6)).toBe(
      "1.20 G octets, 12 packets/s, 1234 live flows",
    );
  });

  it.each([
    { bytesRead: 0, totalBytes: 100, line: "0%, 0 of 100 octets, 0 packets/s, 1234 live flows" },
    {
      bytesRead: 0,
      totalBytes: 0,
      line: "100%, 0 of 0 octets, 0 packets/s, 1234 live flows, 0s left",
    },
    {
      bytesRead: 500,
      totalBytes: 100,
      line: "100%, 500 of 100 octets, 0 packets/s, 1234 live flows, 0s left",
    },
    {
      bytesRead: 1,
      totalBytes: 100,
      line: "1%, 1 of 100 octets, 0 packets/s, 1234 live flows, 16m 30s left",
    },
    {
      bytesRead: 1,
      totalBytes: 1000,
      line: "0%, 1 of 1.00 K octets, 0 packets/s, 1234 live flows, 2h 46m left",
    },
  ])("$line", ({ bytesRead, totalBytes, line }) => {
    expect(formatProgress({ ...progress, bytesRead, totalBytes }, 0, 10)).toBe(line);
  });
});

describe("drawing", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function line(stream: StubStream): ProgressLine {
    const progress = new ProgressLine(stream, () => Date.now());
    progress.start(() => ({ bytesRead: 50, totalBytes: 100, packets: 400, liveFlows: 2 }));
    return progress;
  }

  it("redraws one line in place at most five times a second, and takes it away at the end", () => {
    const stream = new StubStream();
    const progress = line(stream);
    expect(stream.text).toBe("");
    vi.advanceTimersByTime(1000);
    const drawings = stream.text.split("\r\u001b[K").slice(1);
    expect(drawings).toHaveLength(5);
    expect(drawings[0]).toBe("50%, 50 of 100 octets, 2.00 K packets/s, 2 live flows, 1s left");
    progress.stop();
    expect(stream.text.endsWith("left\r\u001b[K")).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(stream.text.split("\r\u001b[K")).toHaveLength(7);
  });

  it("never wraps", () => {
    const stream = new StubStream();
    stream.columns = 20;
    line(stream);
    vi.advanceTimersByTime(200);
    expect(stream.text).toBe("\r\u001b[K50%, 50 of 100 octe");
  });

  it("is shown by a terminal that claims to be 0 wide", () => {
    const stream = new StubStream();
    stream.columns = 0;
    line(stream);
    vi.advanceTimersByTime(200);
    expect(stream.text).toContain("2 live flows");
  });

  it("makes way for a message", () => {
    const stream = new StubStream();
    const progress = line(stream);
    progress.clear();
    expect(stream.text).toBe("");
    vi.advanceTimersByTime(200);
    progress.clear();
    expect(stream.text.endsWith("left\r\u001b[K")).toBe(true);
  });
});

describe("progress is shown", () => {
  async function isShown(
    change: (session: StubSession) => void,
    ...words: string[]
  ): Promise<boolean> {
    const session = new StubSession();
    session.stderr.isTTY = true;
    change(session);
    session.engine = (options) =>
      Promise.resolve(resultOf({ interrupted: options.onStart !== undefined }));
    await session.run("stats", "a.pcap", ...words);
    return session.runs[0]?.onStart !== undefined;
  }

  it("only on terminals, and not with --quiet", async () => {
    expect(await isShown(() => {})).toBe(true);
    expect(await isShown(() => {}, "--json")).toBe(true);
    expect(await isShown(() => {}, "--quiet")).toBe(false);
    expect(await isShown((session) => void (session.stderr.isTTY = false))).toBe(false);
    expect(await isShown((session) => void (session.env["TERM"] = "dumb"))).toBe(false);
  });
});
