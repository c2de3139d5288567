import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { smallReport } from "./small-report.ts";
import { StubSession, resultOf } from "./stub-session.ts";

const directory = mkdtempSync(join(tmpdir(), "tcpx-cli-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("options reach the engine", () => {
  it("without options: only the captures, the engine's defaults stay its own", async () => {
    const session = new StubSession();
    expect(await session.run("stats", "a.pcap", "-", "b.pcap")).toBe(0);
    const [{ signal, now, memory, onWarning, hashSeed, ...options } = {}] = session.runs;
    expect(signal?.aborted).toBe(false);
    expect(hashSeed).toBeTypeOf("number");
    expect([now?.(), memory?.()]).toEqual([0, { peakBytes: 1, machineBytes: 2 }]);
    expect(onWarning).toBeTypeOf("function");
    expect(options).toEqual({
      captures: ["a.pcap", "-", "b.pcap"],
      command: "stats",
      output: null,
      decapsulate: true,
      timeouts: { new: 120, established: 610, closing: 120, closed: 10, reset: 10 },
    });
  });

  it.each([
    { words: "--strict --sort-files", option: { strict: true, sortFiles: true } },
    { words: "--reader pcap-parser", option: { reader: "pcap-parser" } },
    { words: "--max-expansion 20", option: { maxExpansion: 20 } },
    { words: "--vlan ignore", option: { vlan: "ignore" } },
    { words: "--checksums verify", option: { checksums: "verify" } },
    { words: "--overlap last", option: { overlap: "last" } },
    { words: "--max-flows 10", option: { maxFlows: 10 } },
    { words: "--max-jump 2147483647", option: { maxJump: 2147483647 } },
    {
      words: "--max-bytes 1k --max-total 1M",
      option: { maxStreamBytes: 1024, maxTotalBytes: 1048576 },
    },
    { words: "--no-decap", option: { decapsulate: false } },
    {
      words: "--decap-port vxlan=4790 --decap-port geneve=6082",
      option: {
        decapPorts: [
          { kind: "vxlan", port: 4790 },
          { kind: "geneve", port: 6082 },
        ],
      },
    },
    { words: "--no-timeouts", option: { timeouts: null } },
    {
      words:
        "--idle-timeout 1.5 --new-timeout 2 --closing-timeout 3 --closed-timeout 0 --reset-timeout 4",
      option: { timeouts: { established: 1.5, new: 2, closing: 3, closed: 0, reset: 4 } },
    },
    {
      words: "--after 5 --before 6.5",
      option: { after: { seconds: 5, nanos: 0 }, before: { seconds: 6, nanos: 500_000_000 } },
    },
  ])("$words", async ({ words, option }) => {
    const session = new StubSession();
    expect(await session.run("stats", "a.pcap", ...words.split(" "))).toBe(0);
    expect(session.runs[0]).toMatchObject(option);
  });

  it("--filter, --flow and --bpf arrive compiled", async () => {
    const program = join(directory, "all.bpf");
    writeFileSync(program, "1\n6 0 0 262144\n");
    const session = new StubSession();
    await session.run("stats", "a.pcap", "-f", "port 80", "--flow", "2,5-6", "--bpf", program);
    const { filter, flowNumbers, bpf } = session.runs[0]!;
    expect(filter?.text).toBe("port 80");
    expect([1, 2, 5, 6, 7].filter((flow) => flowNumbers?.has(flow))).toEqual([2, 5, 6]);
    expect(bpf).not.toBeUndefined();
  });

  it("extract hands on what is asked of the output", async () => {
    const session = new StubSession();
    const words = "--force --name {flow} --group 100 --layout concat --no-extend --hash sha256";
    const more = "--chunks --keep-conflicts --max-open-files 7";
    await session.run("extract", "a.pcap", "-o", "out", ...`${words} ${more}`.split(" "));
    expect(session.runs[0]).toMatchObject({
      command: "extract",
      output: {
        directory: "out",
        force: true,
        name: "{flow}",
        group: 100,
        layout: "concat",
        extend: false,
        hash: "sha256",
        chunks: true,
        keepConflicts: true,
        maxOpenFiles: 7,
      },
    });
  });

  it("what stands behind -- is a capture", async () => {
    const session = new StubSession();
    await session.run("stats", "--", "--json");
    expect(session.runs[0]?.captures).toEqual(["--json"]);
    expect(session.stdout.text).toMatch(/^=====/u);
  });
});

describe("a wrong command line", () => {
  it.each([
    {
      words: "extract a.pcap",
      line: "BAD_OPTION: no output directory was given; add -o DIR (tcpx stats writes nothing)",
    },
    {
      words: "extract -o out",
      line: "BAD_OPTION: missing required argument 'CAPTURE'; see tcpx extract --help",
    },
    {
      words: "extract a.pcap --ouput out",
      line: "BAD_OPTION: unknown option '--ouput' (did you mean --output?); see tcpx extract --help",
    },
    {
      words: "stats a.pcap --ide-timeout 5",
      line: "BAD_OPTION: unknown option '--ide-timeout' (did you mean --idle-timeout?); see tcpx stats --help",
    },
    {
      words: "stats a.pcap --hash sha256",
      line: "BAD_OPTION: unknown option '--hash'; see tcpx stats --help",
    },
    {
      words: "stats a.pcap --vlan",
      line: "BAD_OPTION: option '--vlan <MODE>' argument missing; see tcpx stats --help",
    },
    {
      words: "stast a.pcap",
      line: "BAD_OPTION: unknown command 'stast' (did you mean stats?); see tcpx --help",
    },
    {
      words: "stats a.pcap --max-flows x",
      line: 'BAD_OPTION: --max-flows: "x" is no whole number from 1 to 100000000',
    },
    {
      words: "stats a.pcap --idle-timeout -1",
      line: 'BAD_OPTION: --idle-timeout: "-1" is no number of seconds above 0 (--no-timeouts turns them off), at most 1000000000',
    },
    {
      words: "stats a.pcap --no-timeouts --idle-timeout 5",
      line: "BAD_OPTION: --idle-timeout and --no-timeouts contradict each other: leave out one of them",
    },
    {
      words: "stats a.pcap --after 7 --before 7",
      line: "BAD_OPTION: --after: no packet lies at or after it and before --before",
    },
    { words: "stats a.pcap --filter host", line: "BAD_FILTER: " },
    { words: "stats a.pcap --flow 0", line: "BAD_OPTION: --flow: " },
    { words: "stats a.pcap --after yesterday", line: "BAD_OPTION: --after: " },
    { words: "stats a.pcap --fail-on loose", line: "BAD_OPTION: --fail-on: " },
    {
      words: "stats a.pcap --bpf /nonexistent",
      line: "BAD_OPTION: --bpf /nonexistent: can't be read: ",
    },
    {
      words: "explain",
      line: "BAD_OPTION: missing required argument 'WORD|CAPTURE'; see tcpx explain --help",
    },
    { words: "explain 0xnothing", line: "BAD_OPTION: not a status word" },
    {
      words: "explain 0x1 0x2",
      line: "BAD_OPTION: explain: 2 words; give one status word, or captures and --flow N",
    },
  ])("$words", async ({ words, line }) => {
    const session = new StubSession();
    expect(await session.run(...words.split(" "))).toBe(2);
    expect(session.stderr.text.startsWith(`tcpx: ${line}`), session.stderr.text).toBe(true);
    expect(session.stderr.text.split("\n")).toHaveLength(2);
    expect(session.stdout.text).toBe("");
    expect(session.runs).toEqual([]);
  });

  it("without a command: the help on standard error", async () => {
    const session = new StubSession();
    expect(await session.run()).toBe(2);
    expect(session.stderr.text).toMatch(/^Usage: tcpx /u);
    expect(session.stdout.text).toBe("");
  });

  it("a BPF file that is none names file and line", async () => {
    const program = join(directory, "broken.bpf");
    writeFileSync(program, "2\n6 0 0 262144\n");
    const session = new StubSession();
    expect(await session.run("stats", "a.pcap", "--bpf", program)).toBe(2);
    expect(session.stderr.text).toContain(
      `tcpx: BAD_FILTER: --bpf ${program}: BPF program, line 2`,
    );
  });

  it("- from a terminal would wait for ever", async () => {
    const session = new StubSession();
    session.stdinTerminal = true;
    expect(await session.run("stats", "-")).toBe(2);
    expect(session.stderr.text).toMatch(/^tcpx: BAD_OPTION: -: standard input is a terminal/u);
    expect(session.runs).toEqual([]);
  });
});

describe("help", () => {
  it.each(["extract", "stats", "explain"])(
    "%s has examples and says what each option is",
    async (name) => {
      const session = new StubSession();
      expect(await session.run(name, "--help")).toBe(0);
      const help = session.stdout.text;
      expect(help).toMatch(new RegExp(`^Usage: tcpx ${name} `, "u"));
      expect(help).toContain(`Examples:\n  tcpx ${name} `);
      expect(help).not.toContain("undefined");
      for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
      expect(session.stderr.text).toBe("");
    },
  );

  it("tcpx --help, tcpx help and tcpx help stats", async () => {
    const long = new StubSession();
    expect(await long.run("--help")).toBe(0);
    const short = new StubSession();
    expect(await short.run("help")).toBe(0);
    expect(short.stdout.text).toBe(long.stdout.text);
    const ofStats = new StubSession();
    expect(await ofStats.run("help", "stats")).toBe(0);
    expect(ofStats.stdout.text).toMatch(/^Usage: tcpx stats /u);
  });
});

describe("standard output", () => {
  it("carries the text report", async () => {
    const session = new StubSession();
    await session.run("stats", "a.pcap");
    expect(session.stdout.text).toContain("Aggregated tcpxStat=");
    expect(session.stderr.text).toBe("");
  });

  it("with --json exactly one document, the report", async () => {
    const session = new StubSession();
    await session.run("stats", "a.pcap", "--json");
    expect(JSON.parse(session.stdout.text)).toEqual(smallReport());
    expect(session.stdout.text.endsWith("}\n")).toBe(true);
  });

  it("may be closed by its reader, which changes nothing", async () => {
    const session = new StubSession();
    session.stdout.failure = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    session.engine = () =>
      Promise.resolve(resultOf({ report: smallReport({ missingBytes: 1, streamBytes: 2 }) }));
    expect(await session.run("stats", "a.pcap", "--fail-on", "loss")).toBe(1);
    expect(session.stderr.text).toBe(
      "tcpx: FAIL_ON: loss: 1 of 2 stream bytes are missing (50%)\n",
    );
  });

  it("that leads to a full disk is an output error", async () => {
    const session = new StubSession();
    session.stdout.failure = Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
    expect(await session.run("stats", "a.pcap")).toBe(4);
    expect(session.stderr.text).toMatch(/^tcpx: WRITE_FAILED: standard output: ENOSPC/u);
    expect(await session.run("explain", "0x1")).toBe(4);
    session.engine = () =>
      Promise.resolve(resultOf({ inputErrors: [new TcpxError("READ_FAILED", "b.pcap: gone")] }));
    expect(await session.run("stats", "a.pcap", "b.pcap")).toBe(4);
    expect(session.stderr.text).toContain("tcpx: READ_FAILED: b.pcap: gone\n");
  });
});

describe("colour", () => {
  const red = "\u001b[31m";

  async function streams(env: Record<string, string>, ...words: string[]): Promise<StubSession> {
    const session = new StubSession();
    Object.assign(session.env, env);
    session.stdout.isTTY = true;
    session.engine = () =>
      Promise.resolve(resultOf({ inputErrors: [new TcpxError("READ_FAILED", "x")] }));
    await session.run("stats", "a.pcap", ...words);
    return session;
  }

  it("each stream is decided by itself", async () => {
    const session = await streams({});
    expect(session.stdout.text).toContain("\u001b[");
    expect(session.stderr.text).toBe("tcpx: READ_FAILED: x\n");
  });

  it("FORCE_COLOR and --color reach pipes, NO_COLOR and --no-color terminals", async () => {
    expect((await streams({ FORCE_COLOR: "1" })).stderr.text).toContain(red);
    expect((await streams({}, "--color")).stderr.text).toContain(red);
    expect((await streams({ NO_COLOR: "1" })).stdout.text).not.toContain("\u001b");
    expect((await streams({ FORCE_COLOR: "1" }, "--no-color")).stdout.text).not.toContain("\u001b");
  });
});

describe("errors of a run", () => {
  const input = new TcpxError("NOT_A_CAPTURE", "b.txt is not a capture", {
    file: "b.txt",
    offset: 0,
  });
  const output = new TcpxError("WRITE_FAILED", "out/x.c2s: disk full at 5", {
    file: "out/x.c2s",
    offset: 5,
  });

  it.each([
    { result: { inputErrors: [input] }, code: 3 },
    { result: { outputError: output }, code: 4 },
    { result: { inputErrors: [input], outputError: output }, code: 4 },
  ])("are told one a line, the report is printed all the same: $code", async ({ result, code }) => {
    const session = new StubSession();
    session.engine = () => Promise.resolve(resultOf(result));
    expect(await session.run("stats", "a.pcap", "--quiet")).toBe(code);
    expect(session.stdout.text).toContain("Aggregated tcpxStat=");
    const lines = session.stderr.text.trimEnd().split("\n");
    expect(lines).toHaveLength(Object.keys(result).length);
    for (const line of lines) expect(line).toMatch(/^tcpx: (?:NOT_A_CAPTURE|WRITE_FAILED): /u);
  });

  it("with --json each is an object too", async () => {
    const session = new StubSession();
    session.engine = () => Promise.reject(input);
    expect(await session.run("stats", "b.txt", "--json")).toBe(3);
    const [line, object] = session.stderr.text.split("\n");
    expect(line).toBe("tcpx: NOT_A_CAPTURE: b.txt is not a capture");
    expect(JSON.parse(object!)).toEqual({
      error: {
        code: "NOT_A_CAPTURE",
        message: "b.txt is not a capture",
        file: "b.txt",
        packet: null,
        offset: 0,
      },
    });
    expect(session.stdout.text).toBe("");
  });

  it("with --json wrong usage is an object too", async () => {
    const session = new StubSession();
    expect(await session.run("stats", "--json", "--nonsense")).toBe(2);
    const [, object] = session.stderr.text.split("\n");
    expect(JSON.parse(object!)).toMatchObject({ error: { code: "BAD_OPTION" } });
  });

  it("what should not exist is a defect: 70, one line, the trace only with --debug", async () => {
    const broken = new StubSession();
    broken.engine = () => Promise.reject(new TypeError("x is not\na function"));
    expect(await broken.run("stats", "a.pcap")).toBe(70);
    expect(broken.stderr.text).toMatch(
      /^tcpx: INTERNAL: TypeError: x is not\\u\{a\}a function \(report code [0-9a-f]{8}, tcpx \S+, Node \S+\): .*\n$/u,
    );
    const debugged = new StubSession();
    debugged.engine = broken.engine;
    await debugged.run("stats", "a.pcap", "--debug");
    expect(debugged.stderr.text).toContain("command-line.test.ts");
  });

  it("of several errors each is told, and a defect is not hidden behind a damaged capture", async () => {
    const damaged = new TcpxError("DAMAGED_CAPTURE", "a.pcap: cut short");
    const both = new AggregateError([damaged, new TypeError("x is not a function")], "both");
    const session = new StubSession();
    session.engine = () => Promise.reject(both);
    expect(await session.run("stats", "a.pcap", "--json")).toBe(70);
    const lines = session.stderr.text.split("\n");
    expect(lines[0]).toBe("tcpx: DAMAGED_CAPTURE: a.pcap: cut short");
    expect(JSON.parse(lines[1]!)).toMatchObject({ error: { code: "DAMAGED_CAPTURE" } });
    expect(lines[2]).toMatch(/^tcpx: INTERNAL: TypeError: x is not a function \(/u);
    expect(JSON.parse(lines[3]!)).toMatchObject({ error: { code: "INTERNAL" } });
    expect(lines.slice(4)).toEqual([""]);
  });

  it("an error that nobody caught ends the process with a line and 70", async () => {
    const session = new StubSession();
    await session.run("stats", "a.pcap");
    session.defectListener(new RangeError("nobody caught this"));
    expect(session.stderr.text).toMatch(/^tcpx: INTERNAL: RangeError: nobody caught this \(/u);
    expect(session.ends).toEqual([70]);
  });

  it("a script that failed makes 5, a condition 1, in the order of precedence", async () => {
    const report = smallReport({ missingBytes: 1, streamBytes: 2 });
    const session = new StubSession();
    session.engine = () => Promise.resolve(resultOf({ report }));
    expect(await session.run("stats", "a.pcap")).toBe(0);
    expect(await session.run("stats", "a.pcap", "--fail-on", "loss")).toBe(1);
    report.script.exceptions = 1;
    expect(await session.run("stats", "a.pcap", "--fail-on", "loss")).toBe(5);
  });
});

describe("interrupts", () => {
  it("the first signal aborts, the second ends at once", async () => {
    const session = new StubSession();
    session.engine = ({ signal }) => {
      session.signals.emit("SIGTERM");
      expect(signal?.aborted).toBe(true);
      expect(session.kills).toEqual([]);
      session.signals.emit("SIGINT");
      return Promise.resolve(resultOf({ interrupted: true }));
    };
    expect(await session.run("stats", "a.pcap")).toBe(143);
    expect(session.kills).toEqual(["SIGINT"]);
    expect(session.stdout.text).toContain("Aggregated tcpxStat=");
    expect(session.signals.listenerCount("SIGINT")).toBe(0);
  });

  it("what can't be called off is not waited for", async () => {
    vi.useFakeTimers();
    const session = new StubSession();
    session.engine = () => {
      session.signals.emit("SIGTERM");
      return Promise.resolve(resultOf({ interrupted: true }));
    };
    expect(await session.run("stats", "a.pcap")).toBe(143);
    expect(session.kills).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(session.kills).toEqual(["SIGTERM"]);
    vi.useRealTimers();
  });

  it("an engine that gave up before it began is no defect", async () => {
    const session = new StubSession();
    session.engine = () => {
      session.signals.emit("SIGINT");
      return Promise.reject(new DOMException("aborted", "AbortError"));
    };
    expect(await session.run("stats", "a.pcap")).toBe(130);
    expect(session.stderr.text).toBe("");
  });
});

describe("warnings", () => {
  const warn = (count: number): StubSession => {
    const session = new StubSession();
    session.engine = ({ onWarning }) => {
      for (let packet = 1; packet <= count; packet++) {
        onWarning?.({ code: "BAD_RECORD", message: `a.pcap: packet ${packet}`, file: "a.pcap" });
      }
      return Promise.resolve(resultOf());
    };
    return session;
  };

  it("are one line each and leave the exit code 0", async () => {
    const session = warn(2);
    expect(await session.run("stats", "a.pcap")).toBe(0);
    expect(session.stderr.text).toBe(
      "tcpx: BAD_RECORD: a.pcap: packet 1\ntcpx: BAD_RECORD: a.pcap: packet 2\n",
    );
  });

  it("are bounded: a flood is summed up", async () => {
    const session = warn(1000);
    await session.run("stats", "a.pcap");
    const lines = session.stderr.text.trimEnd().split("\n");
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatch(/^tcpx: MORE_WARNINGS: 980 more warning lines/u);
  });

  it("--quiet silences them, and leaves the report", async () => {
    const session = warn(1000);
    await session.run("stats", "a.pcap", "--quiet");
    expect(session.stderr.text).toBe("");
    expect(session.stdout.text).toContain("Aggregated tcpxStat=");
  });
});
