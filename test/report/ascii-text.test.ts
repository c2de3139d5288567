import { expect, test } from "vitest";
import { asciiText, listText } from "../../src/report/ascii-text.ts";

test.each([
  ["plain text ~", "plain text ~"],
  ["two\nlines", "two\\u{a}lines"],
  ["\u001b[31mred", "\\u{1b}[31mred"],
  ["caf\u00e9", "caf\\u{e9}"],
  ["\u{1f600}", "\\u{1f600}"],
  ["\u007f\ud800", "\\u{7f}\\u{d800}"],
])("%j is printed as %s", (text, expected) => {
  expect(asciiText(text)).toBe(expected);
});

test("a list of thousands is one short line", () => {
  const texts = Array.from({ length: 5000 }, (_, index) => String(index));
  expect(listText(texts)).toBe(
    "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, and 4984 more",
  );
  expect(listText(["a", "b"])).toBe("a, b");
});
