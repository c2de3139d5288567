import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { DEFAULT_TEMPLATE, FileNaming, SIDE_SUFFIXES } from "../../src/output/file-name.ts";
import type { FlowIdentity } from "../../src/output/stream-sink.ts";

const FLOW: FlowIdentity = {
  flow: 2,
  client: "10.0.0.1",
  clientPort: 40002,
  server: "10.0.0.2",
  serverPort: 80,
  vlan: [100, 7],
  firstSeconds: 1258544216,
  firstNanos: 5,
};

describe("a stream's file name", () => {
  test.each([
    [{}, "000002-10.0.0.1.40002-10.0.0.2.80.c2s"],
    [{ flow: 999_999 }, "999999-10.0.0.1.40002-10.0.0.2.80.c2s"],
    // padded to six digits and growing beyond
    [{ flow: 1_000_000 }, "1000000-10.0.0.1.40002-10.0.0.2.80.c2s"],
    [{ client: "2001:db8::1", server: "::1" }, "000002-2001_db8__1.40002-__1.80.c2s"],
    [{ client: "::ffff:10.0.0.1" }, "000002-__ffff_10.0.0.1.40002-10.0.0.2.80.c2s"],
  ])("%o -> %s", (change, name) => {
    expect(new FileNaming().path({ ...FLOW, ...change }, "c2s")).toBe(name);
  });

  test.each([
    ["{flow}.{direction}", "000002.s2c"],
    ["{direction}{flow}", "s2c000002"],
    ["{server}.{serverPort} {flow}-{direction}", "10.0.0.2.80 000002-s2c"],
    ["{start}_{flow}.{direction}", "1258544216.000000005_000002.s2c"],
    ["v{vlan}-{flow}.{direction}", "v100-7-000002.s2c"],
    ["{flow}={direction}.bin", "000002=s2c.bin"],
  ])("template %s -> %s", (template, name) => {
    expect(new FileNaming(template).path(FLOW, "s2c")).toBe(name);
  });

  test("says so where a flow has no VLAN tag", () => {
    const naming = new FileNaming("{flow}-{vlan}.{direction}");
    expect(naming.path({ ...FLOW, vlan: [] }, "c2s")).toBe("000002-untagged.c2s");
  });

  test.each([
    [1, 1, "000001"],
    [1, 1000, "000001"],
    [1000, 1000, "000001"],
    [1001, 1000, "001001"],
    [7, 1, "000007"],
    [1_000_001, 1000, "1000001"],
  ])("flow %i in groups of %i lies in %s", (flow, groupSize, group) => {
    const naming = new FileNaming(DEFAULT_TEMPLATE, groupSize);
    expect(naming.group(flow)).toBe(group);
    expect(naming.path({ ...FLOW, flow }, "c2s").split("/")[0]).toBe(group);
    expect(naming.isGroupName(group)).toBe(true);
  });
});

describe("a template is refused", () => {
  test.each([
    ["an unknown field", "{flow}-{host}.{direction}"],
    ["a field of every object", "{flow}-{constructor}.{direction}"],
    ["without {flow}", "{client}.{direction}"],
    ["without {direction}", "{flow}-{client}"],
    ["with a field twice", "{flow}-{flow}.{direction}"],
    ["with a field right beside {flow}", "{flow}{clientPort}.{direction}"],
    ["with a field right before {flow}", "{serverPort}{flow}.{direction}"],
    ["with a digit right beside {flow}", "{flow}0-{direction}"],
    ["with a separator", "a/{flow}.{direction}"],
    ["with the other separator", "a\\{flow}.{direction}"],
    ["that leaves the directory", "../{flow}.{direction}"],
    ["with a colon", "{flow}:{direction}"],
    ["with a NUL", "{flow}\0{direction}"],
    ["with a line end", "{flow}\n{direction}"],
    ["with characters beyond ASCII", "{flow}é{direction}"],
    ["with an open brace", "{flow}-{direction}{"],
    ["hidden", ".{flow}.{direction}"],
    ["that looks like an option", "-{flow}.{direction}"],
    ["that begins with a space", " {flow}.{direction}"],
    ["that ends with a dot", "{flow}.{direction}."],
    ["that ends with a space", "{flow}.{direction} "],
    ["of a device", "con.{flow}.{direction}"],
    ["of a device, by a field", "LPT{clientPort}.{flow}.{direction}"],
    ["of a device, with a space", "AUX .{flow}.{direction}"],
    ["longer than a name may be", `{flow}-{direction}${"x".repeat(250)}`],
    [
      "whose names would be longer than a name may be",
      `{flow}-{direction}-{client}-{server}-{start}-{vlan}-${"x".repeat(150)}`,
    ],
    ["empty", ""],
  ])("%s", (_, template) => {
    const make = (): FileNaming => new FileNaming(template);
    expect(make).toThrow(TcpxError);
    expect(make).toThrow(expect.objectContaining({ code: "BAD_OPTION", exitCode: 2 }));
  });

  test.each([-1, 1.5, Number.NaN, Infinity])("with groups of %d flows", (groupSize) => {
    expect(() => new FileNaming(DEFAULT_TEMPLATE, groupSize)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  });

  test("and the message names the fields there are", () => {
    expect(() => new FileNaming("{flow}{x}")).toThrow(/unknown field \{x\}.*\{clientPort\}/u);
  });
});

describe("a later run recognises", () => {
  const naming = new FileNaming();

  test.each([
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s",
    "1000000-10.0.0.1.40002-10.0.0.2.80.s2c",
    "000002-2001_db8__1.40002-__1.80.c2s",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.gaps.jsonl",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.index.jsonl",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.conflicts.jsonl",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.part",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.index.jsonl.part",
  ])("%s", (name) => {
    expect(naming.isStreamName(name)).toBe(true);
  });

  test.each([
    "2-10.0.0.1.40002-10.0.0.2.80.c2s",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s.txt",
    "000002-10.0.0.1.40002-10.0.0.2.80.C2S",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s ",
    " 000002-10.0.0.1.40002-10.0.0.2.80.c2s",
    "x000002-10.0.0.1.40002-10.0.0.2.80.c2s",
    "000002-10.0.0.1.040002-10.0.0.2.80.c2s",
    "000002-example.40002-10.0.0.2.80.c2s",
    "000002-10.0.0.1.40002-10.0.0.2.80.c2s\n",
    "flows.jsonl",
    ".tcpx-run",
  ])("not %j", (name) => {
    expect(naming.isStreamName(name)).toBe(false);
  });

  test("the name in other letters, where a file system takes them for the same", () => {
    const name = "000002-2001_DB8__1.40002-__1.80.C2S";
    expect(naming.isStreamName(name)).toBe(false);
    expect(naming.isStreamNameInAnyCase(name)).toBe(true);
  });

  test("every name that any template of the eight fields makes, within the length of a name", () => {
    const between = fc.constantFrom("-", ".", "_", "~", " x ", "+a+", "(", ")", "[x]", "#", "=,@");
    const address = fc.constantFrom(
      "0.0.0.0",
      "255.255.255.255",
      "::",
      "2001:db8:1111:2222:3333:4444:5555:6666",
      "::ffff:255.255.255.255",
    );
    const identity = fc.record({
      flow: fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constant(Number.MAX_SAFE_INTEGER)),
      client: address,
      clientPort: fc.integer({ min: 0, max: 65_535 }),
      server: address,
      serverPort: fc.integer({ min: 0, max: 65_535 }),
      vlan: fc.array(fc.integer({ min: 0, max: 4095 }), { maxLength: 20 }),
      firstSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      firstNanos: fc.integer({ min: 0, max: 999_999_999 }),
    });
    const fields = ["client", "clientPort", "server", "serverPort", "start", "vlan"];
    const template = fc
      .tuple(fc.shuffledSubarray(fields), between, between)
      .map(([some, one, other]) =>
        ["flow", ...some, "direction"].map((name) => `{${name}}`).join(one + other),
      );
    const direction = fc.constantFrom("c2s" as const, "s2c" as const);
    const suffix = fc.constantFrom("", ...Object.values(SIDE_SUFFIXES));
    fc.assert(
      fc.property(template, identity, direction, suffix, (text, flow, way, after) => {
        const naming = new FileNaming(text);
        const name = naming.path(flow, way) + after;
        expect(naming.isStreamName(name)).toBe(true);
        expect(naming.isStreamName(`${name}.part`)).toBe(true);
        expect(name.length + ".part".length).toBeLessThanOrEqual(255);
        expect(name).toMatch(/^[A-Za-z0-9 ._+=@,~()[\]#-]+$/u);
      }),
      { seed: 20_240_608, numRuns: 300 },
    );
  });

  test("a hostile name in no time, whatever the template", () => {
    const naming = new FileNaming(
      "{client}{server}{vlan}{start}-{flow}-{clientPort}{serverPort}{direction}",
    );
    expect(naming.isStreamName("1".repeat(255))).toBe(false);
    expect(naming.isStreamName("1".repeat(100_000))).toBe(false);
  });
});
