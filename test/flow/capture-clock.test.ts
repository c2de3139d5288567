// The capture's clock (tcp.md §5.1, §5.7): the highest timestamp seen, and never one wild one's prey.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";

/** Plays whole seconds; each packet knows the time of the next where it steps far forward. */
function play(times: readonly number[]): { clock: CaptureClock; values: number[] } {
  const clock = new CaptureClock();
  const packet = new PacketCursor();
  const values = times.map((seconds, i) => {
    packet.seconds = seconds;
    packet.nanos = 0;
    packet.followingSeconds = times[i + 1] ?? Number.NaN;
    clock.advance(packet);
    return clock.seconds;
  });
  return { clock, values };
}

const CASES: readonly (readonly [string, readonly number[], readonly number[], number])[] = [
  ["forward", [10, 11, 500], [10, 11, 500], 0],
  ["equal and backward", [10, 10, 9, 11], [10, 10, 10, 11], 0],
  ["zero", [10, 0, 11], [10, 10, 11], 0],
  ["a step of an hour needs no witness", [10, 3610, 11], [10, 3610, 3610], 0],
  ["one wild timestamp is ignored", [10, 90_000, 11, 12], [10, 10, 11, 12], 1],
  ["the last packet has no witness", [10, 90_000], [10, 10], 1],
  ["a step that the next record confirms", [10, 90_000, 90_001], [10, 90_000, 90_001], 0],
  ["confirmed from an hour below it", [10, 90_000, 86_400], [10, 90_000, 90_000], 0],
  ["not from farther below", [10, 90_000, 86_399, 86_400], [10, 10, 86_399, 86_400], 1],
  ["a sparse capture goes on", [0, 8000, 16_000, 24_000], [0, 8000, 16_000, 16_000], 1],
  ["the first is wild: the second decides", [4_000_000_000, 10, 11], [10, 10, 11], 1],
  ["the first is early: the second steps", [10, 90_000, 90_001], [10, 90_000, 90_001], 0],
  ["one packet alone", [77], [77], 0],
];

describe("CaptureClock", () => {
  it.each(CASES.map(([name, times, values, ignored]) => ({ name, times, values, ignored })))(
    "$name: $times -> $values",
    ({ times, values, ignored }) => {
      const played = play(times);
      expect(played.values).toEqual(values);
      expect(played.clock.ignoredSteps).toBe(ignored);
    },
  );

  it("start and stop of the dump are the lowest and highest timestamps, wild ones too", () => {
    const { clock } = play([50, 40, 90_000, 41, 60]);
    expect([clock.lowestSeconds, clock.highestSeconds]).toEqual([40, 90_000]);
  });

  it("counts timestamps that go backwards against their predecessor, and the largest step", () => {
    const { clock } = play([50, 40, 41, 39, 60]);
    expect(clock.backwards).toBe(2);
    expect(clock.largestBackwardsNanos).toBe(10e9);
  });

  it("tells what a list of all timestamps does, in order or not", () => {
    const time = fc.record({
      seconds: fc.integer({ min: 100, max: 103 }),
      nanos: fc.integer({ min: 0, max: 3 }),
      /** Behind the time limits: noted, but the clock stays. */
      isPast: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), fc.boolean(), (times, isLimited) => {
        const clock = new CaptureClock();
        const packet = new PacketCursor();
        const all: number[] = [];
        let shown = -Infinity;
        for (const { seconds, nanos, isPast } of times) {
          packet.seconds = seconds;
          packet.nanos = nanos;
          const value = seconds * 1e9 + nanos;
          all.push(value);
          if (isPast && isLimited) clock.observe(packet);
          else {
            expect(clock.advance(packet)).toBe(value > shown);
            shown = Math.max(shown, value);
            expect(clock.seconds * 1e9 + clock.nanos).toBe(shown);
          }
          expect(clock.highestSeconds * 1e9 + clock.highestNanos).toBe(Math.max(...all));
          expect(clock.lowestSeconds * 1e9 + clock.lowestNanos).toBe(Math.min(...all));
        }
        const steps = all.slice(1).map((value, i) => all[i]! - value);
        expect(clock.backwards).toBe(steps.filter((step) => step > 0).length);
        expect(clock.largestBackwardsNanos).toBe(Math.max(0, ...steps));
      }),
    );
  });

  it("takes the times of several packets at once as it takes each of them", () => {
    const early = fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 8 });
    const steps = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(early, steps, early, (before, run, behind) => {
        const [each, atOnce] = [new CaptureClock(), new CaptureClock()];
        const packet = new PacketCursor();
        const advance = (clock: CaptureClock, seconds: number): void => {
          packet.seconds = seconds;
          packet.nanos = seconds % 7;
          packet.followingSeconds = Number.NaN;
          clock.advance(packet);
        };
        for (const seconds of before) for (const clock of [each, atOnce]) advance(clock, seconds);
        let last = each.seconds;
        for (const step of run) advance(each, (last += step - (step % 7)) + 7);
        atOnce.passed(last + 7, (last + 7) % 7);
        for (const seconds of behind) {
          expect({ ...atOnce }).toEqual({ ...each });
          expect(atOnce.isBehind).toBe(each.isBehind);
          for (const clock of [each, atOnce]) advance(clock, seconds);
        }
        expect({ ...atOnce }).toEqual({ ...each });
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it.each([
    { times: [10], isBehind: false },
    { times: [10, 11, 11], isBehind: false },
    { times: [10, 11, 5], isBehind: false },
    { times: [10, 90_000, 11], isBehind: false },
    { times: [10, 90_000], isBehind: true },
    { times: [10, 20, 90_000, 15, 90_000], isBehind: true },
    { times: [10, 90_000, 90_001], isBehind: false },
  ])("is behind the last packet where that one's time is wild: $times", ({ times, isBehind }) => {
    expect(play(times).clock.isBehind).toBe(isBehind);
  });
});
