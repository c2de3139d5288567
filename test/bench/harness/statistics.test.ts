import { expect, test } from "vitest";
import { median, pairwiseRatio, spread } from "../../../bench/harness/statistics.js";

test.each([
  [[3], 3],
  [[3, 1], 2],
  [[9, 1, 2], 2],
  [[10, 9, 1, 2], 5.5],
  // As text 10 would come before 9.
  [[10, 9, 8], 9],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("the median leaves its values in order", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test("of no values there is no median", () => {
  expect(() => median([])).toThrow(RangeError);
});

test("ratios are taken turn by turn, so that a slow turn of both does not count", () => {
  expect(pairwiseRatio([1, 10, 1], [2, 20, 2])).toBe(0.5);
  // The ratio of the medians would be 3 / 2.
  expect(pairwiseRatio([3, 1, 9], [2, 1, 9])).toBe(1);
});

test("runs of different turns can't be compared", () => {
  expect(() => pairwiseRatio([1, 2], [1])).toThrow("2 runs against 1: not the same turns");
});

test.each([
  [[5], 0],
  [[2, 2, 2, 2], 0],
  [[1, 2, 3], 0.5],
  [[8, 10, 10, 12], 0.1],
])("the spread of %j is %d", (values, expected) => {
  expect(spread(values)).toBeCloseTo(expected, 12);
});
