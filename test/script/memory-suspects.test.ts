// Whose memory it is: by samples, by a trial of calls, and what is done where neither tells.

import { beforeEach, describe, expect, it } from "vitest";
import type { LoadedScript } from "../../src/script/load-script.ts";
import type { LiveSampling, MemorySource } from "../../src/script/memory-source.ts";
import { MemorySuspects } from "../../src/script/memory-suspects.ts";
import { MemoryTrial } from "../../src/script/memory-trial.ts";
import type { Excess } from "../../src/script/memory-watch.ts";
import type { ScriptEngine } from "../../src/script/script-api.ts";
import { ScriptRun } from "../../src/script/script-run.ts";

/** Octets that live, and garbage. */
class Memory implements MemorySource {
  live = 1000;
  garbage = 0;
  collections = 0;
  samplings = 0;
  /** Octets by file; null: there is no sampling. */
  samples: Record<string, number> | null = {};

  use() {
    return { heapBytes: this.live, youngBytes: this.garbage, outsideBytes: 0, limitBytes: 10_000 };
  }

  collectGarbage(): void {
    this.collections++;
    this.garbage = 0;
  }

  sample(): LiveSampling | null {
    this.samplings++;
    if (this.samples === null) return null;
    return {
      addHeld: (ownerOf, held) => {
        for (const [file, bytes] of Object.entries(this.samples!)) {
          const owner = ownerOf(file);
          if (owner >= 0) held[owner]! += bytes;
        }
      },
      stop: () => undefined,
    };
  }
}

function scriptRun(name: string, index: number): ScriptRun {
  const script: LoadedScript = { name, path: `/s/${name}`, handlers: {}, rules: [] };
  return new ScriptRun(index, script, {} as ScriptEngine);
}

let memory: Memory;
let trial: MemoryTrial;
let scripts: ScriptRun[];
let suspects: MemorySuspects;
beforeEach(() => {
  memory = new Memory();
  trial = new MemoryTrial(memory);
  scripts = ["a.mjs", "b.mjs", "c.ts"].map(scriptRun);
  suspects = new MemorySuspects(scripts, memory, trial);
});

function excess(isUrgent = false): Excess {
  return { kind: "heap", use: memory.use(), isUrgent, text: "" };
}

const names = (found: readonly ScriptRun[]): string[] => found.map(({ script }) => script.name);

/** One call of each script in a trial: what it keeps, and what it drops. */
function calls(...amounts: readonly (readonly [kept: number, dropped: number])[]): void {
  for (const [index, [kept, dropped]] of amounts.entries()) {
    const mark = trial.begin();
    memory.live += kept;
    memory.garbage += dropped;
    trial.end(scripts[index]!, mark);
  }
}

describe("by samples", () => {
  it.each([
    ["by URL", { "file:///s/a.mjs": 500, "file:///s/b.mjs": 4000 }, ["b.mjs"]],
    ["by path, as a loader names it", { "/s/c.ts": 4000, "/s/a.mjs": 100 }, ["c.ts"]],
    ["by URL with a query", { "file:///s/a.mjs?tcpx": 4000 }, ["a.mjs"]],
    ["several that are as bad", { "/s/a.mjs": 2000, "/s/b.mjs": 2500 }, ["a.mjs", "b.mjs"]],
    ["nobody, where they explain little", { "/s/a.mjs": 1000, "/elsewhere.js": 4000 }, []],
  ])("%s", (_, samples, expected) => {
    suspects.watch();
    memory.samples = samples;
    memory.live += 5000;
    expect(names(suspects.find(excess()))).toEqual(expected);
  });

  it("begins once, and anew when a script was taken out", () => {
    suspects.watch();
    suspects.watch();
    expect(memory.samplings).toBe(1);
    scripts[0]!.isOut = true;
    suspects.forget();
    suspects.watch();
    expect(memory.samplings).toBe(2);
  });

  it("is not needed where one script takes part", () => {
    for (const script of scripts.slice(1)) script.isOut = true;
    suspects.watch();
    expect(memory.samplings).toBe(0);
    expect(names(suspects.find(excess()))).toEqual(["a.mjs"]);
  });
});

describe("by a trial", () => {
  beforeEach(() => {
    memory.samples = null;
    suspects.watch();
    expect(suspects.find(excess())).toEqual([]);
    expect(trial.isOn).toBe(true);
  });

  it("takes who keeps, not who allocates", () => {
    for (let call = 0; call < 7; call++) calls([0, 500], [10, 20], [0, 0]);
    expect(suspects.tried()).toEqual([]);
    for (let call = 0; call < 1024; call++) calls([0, 500], [10, 20], [0, 0]);
    expect(names(suspects.tried())).toEqual(["b.mjs"]);
    expect(trial.isOn).toBe(false);
  });

  it("collects garbage behind a few calls only, and not behind those that allocate nothing", () => {
    const before = memory.collections;
    for (let call = 0; call < 100; call++) calls([0, 500], [10, 20], [0, 0]);
    expect(memory.collections - before).toBe(16);
  });

  it("does not count a call within a call twice", () => {
    for (let call = 0; call < 8; call++) {
      const outer = trial.begin();
      calls([0, 0], [100, 0]);
      trial.end(scripts[0]!, outer);
    }
    for (let call = 0; call < 1024; call++) calls([0, 0]);
    expect(names(suspects.tried())).toEqual(["b.mjs"]);
  });

  it("finds nobody guilty where what grows is not what they keep; and begins anew with more", () => {
    for (let call = 0; call < 1024; call++) calls([1, 10], [0, 10], [0, 0]);
    memory.live += 100_000;
    expect(suspects.tried()).toEqual([]);
    expect(trial.isOn).toBe(false);
    expect(suspects.find(excess())).toEqual([]);
    expect(trial.isOn).toBe(true);
  });

  it("that is under way decides where there is no time left", () => {
    calls([0, 500], [10, 20], [0, 0]);
    expect(names(suspects.find(excess(true)))).toEqual(["b.mjs"]);
  });

  it("that tells nothing leaves no choice then", () => {
    calls([0, 500], [0, 20], [0, 0]);
    expect(names(suspects.find(excess(true)))).toEqual(["a.mjs", "b.mjs", "c.ts"]);
  });
});

it("takes who holds most by the samples where there is no time left", () => {
  suspects.watch();
  memory.samples = { "/s/a.mjs": 10, "/s/b.mjs": 100 };
  memory.live += 5000;
  expect(suspects.find(excess())).toEqual([]);
  expect(names(suspects.find(excess(true)))).toEqual(["b.mjs"]);
});
