import { expect, test } from "vitest";
import { formatLinkType } from "../../src/report/link-type-names.ts";

test.each([
  [1, "Ethernet [EN10MB/1]"],
  [101, "Raw IP [RAW/101]"],
  [113, "Linux cooked v1 [LINUX_SLL/113]"],
  [276, "Linux cooked v2 [LINUX_SLL2/276]"],
  [65_535, "unknown [65535]"],
])("link layer type %i is %s", (linkType, expected) => {
  expect(formatLinkType(linkType)).toBe(expected);
});
