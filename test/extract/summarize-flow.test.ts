import { expect, it } from "vitest";
import { RARE_COUNTERS } from "../../src/report/flow-summary.ts";
import { Rare } from "../../src/reassembly/rare-counters.ts";

it("finds the rare counters of a summary in the columns of the same names", () => {
  const columns = Object.keys(Rare).map((name) =>
    name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  );
  expect(Object.values(Rare)).toEqual(columns.map((_, column) => column));
  expect(columns.slice(0, RARE_COUNTERS.length)).toEqual([...RARE_COUNTERS]);
});
