import { expect, test } from "vitest";
import { Random, scramble } from "../../../bench/generator/random.js";

function numbers(seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: 20 }, () => random.next());
}

test("the same seed gives the same numbers, another seed others", () => {
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
  expect(new Set(numbers(0)).size).toBe(20);
});

test("numbers stay within their bounds and reach both", () => {
  const random = new Random(3);
  const seen = new Set(Array.from({ length: 1000 }, () => random.between(5, 9)));
  expect(seen).toEqual(new Set([5, 6, 7, 8, 9]));
});

test("a chance comes true about as often as it says", () => {
  const random = new Random(4);
  let hits = 0;
  for (let trial = 0; trial < 100_000; trial++) if (random.chance(0.02)) hits++;
  expect(Math.abs(hits / 100_000 - 0.02)).toBeLessThan(0.003);
  expect(random.chance(0)).toBe(false);
});

test("scramble gives neighbours different numbers, each always the same", () => {
  const values = Array.from({ length: 10_000 }, (_, index) => scramble(index));
  expect(new Set(values).size).toBe(10_000);
  expect(values[5]).toBe(scramble(5));
});
