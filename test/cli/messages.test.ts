import { describe, expect, it } from "vitest";
import { reportCodeOf } from "../../src/cli/defect.ts";
import { oneLine } from "../../src/cli/messages.ts";

describe("a line", () => {
  it("stays one, whatever a file is called", () => {
    expect(oneLine("a\nb\r\u001b[2Jc\u2028d\u202ee")).toBe(
      String.raw`a\u{a}b\u{d}\u{1b}[2Jc\u{2028}d\u{202e}e`,
    );
  });

  it("keeps letters of every language", () => {
    expect(oneLine("Aufnahme-Süd 録画.pcap")).toBe("Aufnahme-Süd 録画.pcap");
  });
});

describe("the report code of a defect", () => {
  function defectAt(line: number, message = "x"): Error {
    const error = new TypeError(message);
    error.stack = `TypeError: x\n    at f (file:///home/me/tcpx/dist/flow/a.js:${line}:3)\n    at node:fs:1:1`;
    return error;
  }

  it("depends on the place, not on the message or the machine", () => {
    expect(reportCodeOf(defectAt(5, "one"))).toBe(reportCodeOf(defectAt(5, "two")));
    expect(reportCodeOf(defectAt(5))).not.toBe(reportCodeOf(defectAt(6)));
    const elsewhere = defectAt(5);
    elsewhere.stack = elsewhere.stack!.replace("/home/me", "C:/Users/you");
    expect(reportCodeOf(elsewhere)).toBe(reportCodeOf(defectAt(5)));
  });

  it("is there for anything that can be thrown", () => {
    for (const thrown of [undefined, null, "text", { a: 1 }]) {
      expect(reportCodeOf(thrown)).toMatch(/^[0-9a-f]{8}$/u);
    }
  });
});
