// Looking changes nothing: a run with scripts of every kind reports what a run without them does, on
// every sample; and what the scripts get adds up to what was written.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { Report } from "../../src/report/report.ts";
import { httpMessages } from "../../src/script/http-messages.ts";
import type { Direction, Script } from "../../src/script/script-api.ts";

const SAMPLES = resolve(import.meta.dirname, "../../samples");

/** Captures that a run of expected.json reads with success and without options. */
const captures = readdirSync(SAMPLES).flatMap((name) => {
  const path = join(SAMPLES, name, "expected.json");
  if (!existsSync(path)) return [];
  const { runs } = JSON.parse(readFileSync(path, "utf8")) as {
    runs: { captures: string[]; exit: number }[];
  };
  const files = runs.filter(({ exit }) => exit === 0).flatMap(({ captures: each }) => each);
  return [...new Set(files)].map((file) => join(SAMPLES, name, file));
});

function withoutScripts(report: Report): unknown {
  const { script: _script, run: _run, ...rest } = structuredClone(report);
  rest.payload.lateFillBytes = 0;
  return rest;
}

class Watcher {
  octets = 0;
  missing = 0;
  readonly faults: string[] = [];
  readonly #next = new Map<string, number>();
  readonly #isAsync: boolean;

  constructor(isAsync: boolean) {
    this.#isAsync = isAsync;
  }

  get script(): Script {
    const answer = (): unknown => (this.#isAsync ? Promise.resolve() : undefined);
    return {
      onPayload: (_engine, _time, flow, direction, position, buffer) => {
        this.octets += buffer.length;
        this.#expect(flow.id, direction, position, buffer.length, flow[direction].originBasis);
        return answer();
      },
      onGap: (_engine, _time, flow, direction, position, length) => {
        this.missing += length;
        this.#expect(flow.id, direction, position, length, flow[direction].originBasis);
        return answer();
      },
      onPacket: answer,
      onAttribute: answer,
      onTerminateFlow: (_engine, _time, flow) => {
        for (const direction of ["c2s", "s2c"]) this.#next.delete(`${flow.id} ${direction}`);
        return answer();
      },
    };
  }

  #expect(
    flow: number,
    direction: Direction,
    position: number,
    length: number,
    basis: string | null,
  ): void {
    const key = `${flow} ${direction}`;
    const next = this.#next.get(key) ?? 0;
    // The origin of a stream that began with its first payload may move back.
    if (position !== next && basis !== "first-payload") {
      this.faults.push(`${key}: ${position} where ${next} was expected`);
    }
    this.#next.set(key, position + length);
  }
}

describe.each(captures.map((path) => [path.slice(SAMPLES.length + 1), path]))("%s", (_, path) => {
  it.each([
    ["at once", false],
    ["by promises", true],
  ])("is the same with scripts that answer %s", async (_how, isAsync) => {
    const watcher = new Watcher(isAsync);
    let begun = 0;
    let ended = 0;
    const readers: Script = {
      rules: [
        {
          on: "receiveData",
          streamed: true,
          eval: async (_flow, reader) => {
            begun++;
            for await (const part of reader)
              expect(part.bytes.length + part.gaps.length).toBeGreaterThan(0);
            if (reader.reason !== null) ended++;
          },
        },
      ],
    };
    const losses: number[] = [];
    const http = httpMessages({
      onMessage: () => undefined,
      onLoss: (_engine, _time, _flow, _direction, { start, end, missing, unrecognised }) => {
        losses.push(end - start - missing - unrecognised);
      },
    });
    const plain = await extract({ captures: [path] });
    const watched = await extract({ captures: [path], scripts: [watcher.script, readers, http] });
    expect(watched.scriptErrors).toEqual([]);
    expect(withoutScripts(watched.report)).toEqual(withoutScripts(plain.report));
    expect(watcher.faults).toEqual([]);
    const { payload, loss } = watched.report;
    expect(watcher.octets + payload.lateFillBytes).toBe(loss.writtenBytes);
    expect(watcher.missing).toBe(loss.missingBytes + payload.lateFillBytes);
    expect(ended).toBe(begun);
    expect(losses.every((difference) => difference === 0)).toBe(true);
  });
});
