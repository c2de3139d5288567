// Names of files about both directions of a flow: made and known again by the same template as streams',
// and nothing that merely looks alike is taken for one.

import { describe, expect, it } from "vitest";
import { FileNaming } from "../../src/output/file-name.ts";

const IDENTITY = {
  flow: 7,
  client: "2001:db8::1",
  clientPort: 40_000,
  server: "2001:db8::2",
  serverPort: 443,
  vlan: [12],
  firstSeconds: 1_700_000_000,
  firstNanos: 5,
};

describe.each([undefined, "{direction}_{flow}", "f{flow}.{vlan}-{direction}-x"])(
  "with the template %s",
  (template) => {
    const naming = new FileNaming(template);

    it.each(["pcap", "pcapng", "packets"] as const)("%s", (kind) => {
      const name = naming.flowPath(IDENTITY, kind);
      expect(naming.isStreamName(name)).toBe(true);
      expect(naming.isStreamName(`${name}.part`)).toBe(true);
      expect(naming.isStreamNameInAnyCase(name.toUpperCase())).toBe(true);
    });

    it("names of streams stay what they are, and don't mix with them", () => {
      const stream = naming.path(IDENTITY, "c2s");
      const flow = naming.flowPath(IDENTITY, "pcap").slice(0, -".pcap".length);
      expect(naming.isStreamName(stream)).toBe(true);
      expect(naming.isStreamName(`${stream}.gaps.jsonl`)).toBe(true);
      const others = [flow, `${flow}.gaps.jsonl`, `${flow}.txt`, `${stream}.pcap`, `${stream}.tsv`];
      expect(others.filter((name) => naming.isStreamName(name))).toEqual([]);
    });
  },
);

it("says flow in the place of the direction", () => {
  expect(new FileNaming().flowPath(IDENTITY, "packets")).toBe(
    "000007-2001_db8__1.40000-2001_db8__2.443.flow.tsv",
  );
  expect(new FileNaming(undefined, 5).flowPath(IDENTITY, "pcapng")).toBe(
    "000006/000007-2001_db8__1.40000-2001_db8__2.443.flow.pcapng",
  );
});
