// Scripts that throw, hang, grow, reach out of their directory or change what they are shown: each has
// its named outcome, and harms no other script and no file.

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  linkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rule } from "../../src/script/define-script.ts";
import type { Script } from "../../src/script/script-api.ts";
import { HANDSHAKE, handshakeOf, recorder, runScripts } from "./run-scripts.ts";

const TALK = [...HANDSHAKE, "1.0 c PA 101 301 hello", "1.1 s PA 301 106 world!"];
const LONG = [
  ...HANDSHAKE,
  ...Array.from({ length: 200 }, (_, n) => `${n + 1}.0 c PA ${101 + 5 * n} 301 hello`),
];
const TWO = [...TALK, ...handshakeOf("c2", "s2", 2), "3.0 c2 PA 101 301 again"];

describe("a script that throws", () => {
  it("is detached from that flow, counted, and reported once with file and line", async () => {
    const lines: string[] = [];
    let calls = 0;
    const bad: Script = {
      onPayload: () => {
        calls++;
        throw new Error("no good");
      },
    };
    const { report, scriptErrors, flows } = await runScripts([bad, recorder(lines)], TWO);
    expect(calls).toBe(2);
    expect(report.script.exceptions).toBe(2);
    expect(scriptErrors!.map(({ code, message }) => [code, message])).toEqual([
      [
        "SCRIPT_FAILED",
        "script 1: onPayload of flow 1: no good; the script is detached from that flow",
      ],
    ]);
    expect(lines.length).toBe(7);
    expect(flows.map(({ c2s }) => c2s.writtenBytes)).toEqual([5, 5]);
  });

  it.each([
    ["null", null],
    ["a text", "why"],
    ["an object that can't be read", Object.create(null)],
  ])("may throw %s", async (_, thrown) => {
    const { report } = await runScripts(
      [
        {
          onNewFlow: () => {
            throw thrown;
          },
        },
      ],
      TALK,
    );
    expect(report.script.exceptions).toBe(1);
  });

  it("by a rejected promise fares the same", async () => {
    const { report, scriptErrors } = await runScripts(
      [{ onPayload: () => Promise.reject(new TypeError("late")) }],
      TWO,
    );
    expect(report.script.exceptions).toBe(2);
    expect(scriptErrors!.length).toBe(1);
  });

  it("in setup takes no part, in teardown is only reported", async () => {
    const lines: string[] = [];
    const { report } = await runScripts(
      [
        recorder(lines, {
          setup: () => {
            throw new Error("a");
          },
        }),
        {
          teardown: () => {
            throw new Error("b");
          },
        },
      ],
      TALK,
    );
    expect(lines).toEqual([]);
    expect(report.script.exceptions).toBe(2);
  });
});

describe("a script that never resolves", () => {
  it("is taken out of the run after the limit; the others go on", async () => {
    const lines: string[] = [];
    let calls = 0;
    const hangs: Script = {
      onPayload: () => {
        calls++;
        return new Promise(() => undefined);
      },
    };
    const { report, scriptErrors } = await runScripts([hangs, recorder(lines)], TWO, {
      scriptLimitMillis: 10,
    });
    expect(calls).toBe(1);
    expect(lines.length).toBe(7);
    expect(report.script.exceptions).toBe(1);
    expect(scriptErrors![0]!.message).toMatch(
      /did not settle in time; the script is taken out of the run/,
    );
  });
});

describe("a script that would grow without end", () => {
  it.each<[string, Script]>([
    [
      "tags",
      {
        onPayload: (_e, _t, flow) => {
          for (let i = 0; ; i++) flow.tag(`tag ${i}`);
        },
      },
    ],
    ["a long tag", { onPayload: (_e, _t, flow) => flow.tag("x".repeat(1000)) }],
    [
      "listeners",
      {
        onPayload: (_e, _t, flow) => {
          for (;;) flow.on("gap", () => undefined);
        },
      },
    ],
    [
      "counters",
      {
        onPayload: (engine) => {
          for (let i = 0; ; i++) engine.counter(`c ${i}`).add();
        },
      },
    ],
    ["attribute texts", { onPayload: (_e, _t, flow) => flow.set("a", "x".repeat(1e6)) }],
  ])("by %s meets a bound", async (_, script) => {
    const lines: string[] = [];
    const { report, scriptErrors } = await runScripts([script, recorder(lines)], TALK);
    expect(report.script.exceptions).toBe(1);
    expect(scriptErrors![0]!.message).toMatch(
      /(RangeError|TypeError): .*; the script is detached from that flow$/,
    );
    expect(lines.length).toBe(4);
  });

  describe("by what it keeps for itself", () => {
    let live = 0;
    beforeEach(() => (live = 0));
    const scriptMemory = {
      use: () => ({ heapBytes: live, youngBytes: 0, outsideBytes: 0, limitBytes: 1e6 }),
      collectGarbage: () => undefined,
    };

    it("is taken out before the heap is full; the files get done", async () => {
      const hoards: Script = { onPayload: () => void (live += 700_000) };
      const { report, scriptErrors, flows } = await runScripts([hoards], TWO, { scriptMemory });
      // One packet was too much: so small a memory is looked at with each of them.
      expect(live).toBe(700_000);
      expect(report.script.exceptions).toBe(1);
      expect(scriptErrors![0]!.message).toMatch(
        /^script 1: between two packets: RangeError: .*; the script is taken out of the run, what it holds is too much$/,
      );
      expect(flows.map(({ c2s }) => c2s.writtenBytes)).toEqual([5, 5]);
    });

    it.each([
      ["before it", 0],
      ["behind it", 1],
    ])("is found out; one %s goes on to the end", async (_, place) => {
      const lines: string[] = [];
      let calls = 0;
      const hoards: Script = {
        onPayload: () => {
          calls++;
          live += 6000;
        },
      };
      const scripts = [hoards];
      scripts.splice(place, 0, recorder(lines));
      const { report, scriptErrors } = await runScripts(scripts, LONG, { scriptMemory });
      expect(calls).toBeLessThan(160);
      expect(lines.filter((line) => line.endsWith("hello")).length).toBe(200);
      expect(lines.at(-1)).toBe("end open");
      expect(report.script.exceptions).toBe(1);
      expect(scriptErrors!.map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(`^script ${2 - place}: between two packets`)),
      ]);
    });

    it("has its readers and listeners ended", async () => {
      const reasons: (string | null)[] = [];
      let heard = 0;
      const hoards: Script = {
        onNewFlow: (_e, _t, flow) => flow.on("receivePacket", () => heard++),
        onPayload: () => void (live += 700_000),
        rules: [
          rule({
            on: "receiveData",
            streamed: true,
            async eval(_flow, reader) {
              await reader.all();
              reasons.push(reader.reason);
            },
          }),
        ],
      };
      await runScripts([hoards], LONG, { scriptMemory });
      expect(reasons).toEqual(["detached"]);
      expect(heard).toBeLessThan(100);
    });
  });

  it("by attributes: flows.jsonl keeps so many", async () => {
    const script: Script = {
      onPayload: (_e, _t, flow) => {
        for (let i = 0; i < 10_000; i++) flow.set(`name ${i % 100}`, `${i}`.repeat(100));
      },
    };
    const { flows, report } = await runScripts([script], TALK);
    expect(report.script.exceptions).toBe(0);
    expect(JSON.stringify(flows[0]!.attributes).length).toBeLessThan(100_000);
  });
});

describe("what a script is shown", () => {
  it("can't be changed for others, nor used after the call", async () => {
    const lines: string[] = [];
    const kept: { text(): string }[] = [];
    const failures: unknown[] = [];
    const vandal: Script = {
      onPacket: (_e, _t, _f, _d, packet) => {
        packet.bytes.fill(0);
        new Uint8Array(packet.payload.bytes.buffer).fill(0);
        kept.push(packet.payload);
      },
      onPayload: (_e, _t, _f, _d, _p, buffer) => {
        buffer.bytes.fill(0);
        new Uint8Array(buffer.bytes.buffer).fill(0);
        expect(buffer.text()).toMatch(/hello|world/);
        kept.push(buffer.slice(1));
      },
      teardown: () => {
        for (const view of kept) {
          try {
            view.text();
          } catch (error) {
            failures.push(error);
          }
        }
      },
    };
    const { report } = await runScripts([vandal, recorder(lines)], TALK);
    expect(report.script.exceptions).toBe(0);
    expect(lines.slice(1, 3)).toEqual(["1 c2s 0 hello", "1.1 s2c 0 world!"]);
    expect(kept.length).toBe(7);
    expect(failures.length).toBe(7);
  });

  it("has bounds", async () => {
    const seen: unknown[] = [];
    await runScripts(
      [
        {
          onPayload: (_e, _t, _f, _d, _p, buffer) => {
            seen.push(
              buffer.u8(0),
              buffer.u16(0),
              buffer.u24(0),
              buffer.u32(0),
              buffer.indexOf("l"),
            );
            seen.push(buffer.hexdump(), buffer.text("utf8", 1, 3), buffer.copy().length);
            for (const at of [-1, 5, 0.5, Number.NaN])
              expect(() => buffer.u8(at)).toThrow(RangeError);
            expect(() => buffer.u32(2)).toThrow(RangeError);
          },
        },
      ],
      TALK.slice(0, 4),
    );
    expect(seen).toEqual([
      0x68,
      0x6865,
      0x68656c,
      0x68656c6c,
      2,
      "00000000  68 65 6c 6c 6f                                   |hello|",
      "el",
      5,
    ]);
  });
});

describe("files of a script", () => {
  let folder: string;
  let directory: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-script-")));
    directory = join(folder, "out");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (write: (name: string) => Script, name: string) =>
    runScripts([write(name)], TALK, { output: { directory } });
  const writing = (name: string): Script => ({
    onPayload: (_e, _t, _f, direction, position, buffer) => {
      if (direction === "c2s") buffer.writeToFile(name, position);
    },
  });

  it("are written at their positions, once or twice, and appended to", async () => {
    const script: Script = {
      onPayload: (_e, _t, flow, direction, position, buffer) => {
        buffer.writeToFile(`by-flow/${flow.id}/${direction}.bin`, position + 2);
        buffer.writeToFile(`by-flow/${flow.id}/${direction}.bin`, position + 2);
        buffer.appendToFile("all.txt");
      },
    };
    const { report } = await runScripts([script], TWO, { output: { directory } });
    expect(report.script.exceptions).toBe(0);
    expect(readFileSync(join(directory, "by-flow/1/c2s.bin"), "latin1")).toBe("\0\0hello");
    expect(readFileSync(join(directory, "all.txt"), "latin1")).toBe("helloworld!again");
    expect(report.output.files).toBe(3 + 4);
    // Another run empties them once.
    await runScripts([writing("all.txt")], TALK, { output: { directory, force: true } });
    expect(readFileSync(join(directory, "all.txt"), "latin1")).toBe("hello");
  });

  it.each([
    "../../etc/x",
    "/etc/x",
    "a/../../x",
    "..",
    ".",
    "",
    "a//b",
    "a\0b",
    "a\\..\\b",
    "c:x",
    "000001-10.0.0.1.40000-10.0.0.2.80.c2s",
    "flows.jsonl",
    "FLOWS.JSONL",
    "report.json",
    ".tcpx-run",
    "alerts.jsonl",
  ])("may not be called %j", async (name) => {
    const { report, scriptErrors } = await write(writing, name);
    expect(report.script.exceptions).toBe(1);
    expect(scriptErrors![0]!.message).toContain("the script is detached from that flow");
    expect(readdirSync(folder)).toEqual(["out"]);
    expect(readFileSync(join(directory, "000001-10.0.0.1.40000-10.0.0.2.80.c2s"), "latin1")).toBe(
      "hello",
    );
  });

  it("follow no link: of the file, of a directory, of a name elsewhere", async () => {
    mkdirSync(directory);
    const outside = join(folder, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "victim"), "untouched");
    await runScripts([], TALK, { output: { directory, force: true }, attributes: true });
    symlinkSync(join(outside, "victim"), join(directory, "link"));
    symlinkSync(outside, join(directory, "sub"));
    linkSync(join(outside, "victim"), join(directory, "hard"));
    for (const name of ["link", "sub/victim", "hard"]) {
      const { report } = await runScripts([writing(name)], TALK, {
        output: { directory, force: true },
      });
      expect(report.script.exceptions, name).toBe(1);
    }
    expect(readFileSync(join(outside, "victim"), "utf8")).toBe("untouched");
    expect(readdirSync(outside)).toEqual(["victim"]);
  });

  it("need an output directory", async () => {
    const { scriptErrors } = await runScripts([writing("x")], TALK);
    expect(scriptErrors![0]!.message).toContain("there is no output directory");
  });

  it("have alarms beside them, and attributes and tags in flows.jsonl", async () => {
    const script: Script = {
      onPayload: (_e, _t, flow, direction) => {
        flow.tag("talks");
        flow.set("Seen", direction);
        if (direction === "c2s") flow.alert({ key: "hello", priority: 2, message: "said hello" });
      },
    };
    await runScripts([script], TALK, { output: { directory } });
    expect(JSON.parse(readFileSync(join(directory, "alerts.jsonl"), "utf8"))).toEqual({
      schema: "tcpx.alert/1",
      ts: "1.000000000",
      flow: 1,
      client: "10.0.0.1",
      clientPort: 40_000,
      server: "10.0.0.2",
      serverPort: 80,
      script: "script 1",
      key: "hello",
      priority: 2,
      message: "said hello",
    });
    expect(JSON.parse(readFileSync(join(directory, "flows.jsonl"), "utf8"))).toMatchObject({
      tags: ["talks"],
      attributes: { Seen: ["c2s", "s2c"] },
    });
    expect(readFileSync(join(directory, "report.txt"), "utf8")).toContain("1 alarms in 1 flows");
  });
});
