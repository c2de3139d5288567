import { expect, test } from "vitest";
import { explainStatusWord } from "../../src/report/explain.ts";

test("a word is explained bit by bit, in columns", () => {
  expect(explainStatusWord("0x02010001")).toEqual([
    "0x00000001  warning      ackedUnseen      Acked but unseen bytes: lost by the capture, not by the network",
    "0x00010000  information  retransmission   Retransmissions",
    "0x02000000  information  ipv4             IPv4",
  ]);
});

test("a word without bits says so", () => {
  expect(explainStatusWord("0x0")).toEqual(["0x00000000  nothing to report"]);
});

test("bits without a meaning are shown, not swallowed", () => {
  expect(explainStatusWord("0xc0000000")).toEqual([
    "0xc0000000  no meaning in this version of tcpx",
  ]);
  expect(explainStatusWord("0xffffffff")).toHaveLength(31);
});

test("what is no word is refused", () => {
  expect(() => explainStatusWord("everything")).toThrow("not a status word");
});
