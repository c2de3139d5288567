import { describe, expect, it } from "vitest";
import {
  parseChoice,
  parseCount,
  parseDecapPort,
  parseSeconds,
  parseSize,
  parseText,
} from "../../src/cli/option-values.ts";
import { TcpxError } from "../../src/errors.ts";

function faultOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof TcpxError && error.code === "BAD_OPTION") return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("a size", () => {
  const limits = { least: 0, most: 2 ** 31 - 1 };

  it.each([
    ["0", 0],
    ["1500", 1500],
    ["64k", 65_536],
    ["64K", 65_536],
    ["1.5M", 1_572_864],
    ["1G", 1_073_741_824],
    ["2147483647", 2_147_483_647],
  ])("%s is %i octets", (text, octets) => {
    expect(parseSize("--max-jump", text, limits)).toBe(octets);
  });

  it("takes a T where the limit allows it", () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(parseSize("--max-total", "2t", { least: 0, most })).toBe(2 * 1024 ** 4);
    expect(faultOf(() => parseSize("--max-total", "9000T", { least: 0, most }))).toContain("9000T");
  });

  it.each([
    "",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "k",
    "1 k",
    "1kk",
    "1,5M",
    "1.3",
    "NaN",
    "Infinity",
    "2G",
  ])("%j is none", (text) => {
    const fault = faultOf(() => parseSize("--max-jump", text, limits));
    expect(fault).toBe(
      `--max-jump: "${text}" is no size (expected a whole number of octets from 0 to 2147483647; ` +
        `k, M, G, T are powers of 1024)`,
    );
  });
});

describe("a count", () => {
  const limits = { least: 1, most: 100 };

  it("takes both ends of its limits", () => {
    expect(parseCount("--max-flows", "1", limits)).toBe(1);
    expect(parseCount("--max-flows", "100", limits)).toBe(100);
  });

  it.each(["0", "101", "", "-1", "1.0", "1k", "99999999999999999999", "٣"])(
    "%j is none",
    (text) => {
      const fault = faultOf(() => parseCount("--max-flows", text, limits));
      expect(fault).toMatch(/^--max-flows: ".*" is no whole number from 1 to 100$/u);
    },
  );
});

describe("a number of seconds", () => {
  it.each([
    ["610", 610],
    ["0.1", 0.1],
    ["0.000000001", 1e-9],
    ["1000000000", 1e9],
  ])("%s is %d", (text, seconds) => {
    expect(parseSeconds("--idle-timeout", text, false)).toBe(seconds);
  });

  it("is 0 only where that has a meaning", () => {
    expect(parseSeconds("--closed-timeout", "0", true)).toBe(0);
    expect(faultOf(() => parseSeconds("--idle-timeout", "0", false))).toBe(
      '--idle-timeout: "0" is no number of seconds above 0 (--no-timeouts turns them off), at most 1000000000',
    );
  });

  it.each(["-5", "10m", "", "1e3", "1000000001", ".5", "0.0000000001"])("%j is none", (text) => {
    expect(faultOf(() => parseSeconds("--new-timeout", text, true))).toContain("--new-timeout");
  });
});

describe("a choice", () => {
  it("suggests the nearest word", () => {
    expect(parseChoice("--vlan", "first", ["separate", "first"])).toBe("first");
    expect(faultOf(() => parseChoice("--vlan", "separat", ["separate", "first"]))).toBe(
      '--vlan: "separat" is none of separate, first; did you mean separate?',
    );
    expect(faultOf(() => parseChoice("--vlan", "", ["separate", "first"]))).toBe(
      '--vlan: "" is none of separate, first',
    );
  });
});

describe("a tunnel's port", () => {
  const kinds = ["vxlan", "geneve"];

  it("is KIND=PORT", () => {
    expect(parseDecapPort("--decap-port", "vxlan=4790", kinds)).toEqual({
      kind: "vxlan",
      port: 4790,
    });
  });

  it.each(["vxlan", "vxlan=", "vxlan=0", "vxlan=65536", "=4790", "vxlan=4790x", "vlxan=1"])(
    "%j is none",
    (text) => {
      expect(faultOf(() => parseDecapPort("--decap-port", text, kinds))).toMatch(
        /^--decap-port: "/u,
      );
    },
  );
});

describe("a text", () => {
  it("is not empty", () => {
    expect(parseText("--output", "out", "directory")).toBe("out");
    expect(faultOf(() => parseText("--output", "", "directory"))).toBe(
      '--output: "" is no directory',
    );
  });
});

it("nothing in a wrong word acts on the terminal", () => {
  const fault = faultOf(() => parseChoice("--vlan", "\u001b[31m\n", ["separate"]));
  expect(fault).toContain(String.raw`"\u001b[31m\u000a"`);
});
