import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LayerPath, MAX_PATH_LAYERS } from "../../src/decode/layer-path.ts";
import { LayerTable } from "../../src/decode/layer-table.ts";

const SEED = 20_260_711;

function numberOf(path: LayerPath, layers: readonly (readonly [number, number | null])[]): number {
  path.truncate(0);
  for (const [kind, id] of layers) {
    if (id === null) path.push(kind);
    else path.pushWithId(kind, id);
  }
  return path.number();
}

describe("LayerPath", () => {
  it("gives the table's number, with names and ids of all 32 bits", () => {
    const table = new LayerTable();
    const path = new LayerPath(table, ["gre", "mpls"]);
    expect(numberOf(path, [])).toBe(0);
    const number = numberOf(path, [
      [0, 0xffff_ffff],
      [1, null],
    ]);
    expect(table.layers(number)).toEqual([
      { kind: "gre", id: 0xffff_ffff },
      { kind: "mpls", id: null },
    ]);
  });

  it("tells a layer without id from one with id 0", () => {
    const path = new LayerPath(new LayerTable(), ["gre"]);
    expect(numberOf(path, [[0, null]])).not.toBe(numberOf(path, [[0, 0]]));
  });

  it("leaves out what is deeper than it holds", () => {
    const path = new LayerPath(new LayerTable(), ["vlan"]);
    const stack = Array.from({ length: MAX_PATH_LAYERS }, (_, index) => [0, index] as const);
    expect(numberOf(path, [...stack, [0, 99]])).toBe(numberOf(path, stack));
  });

  it("gives equal stacks equal numbers and others others, however many there are", () => {
    const table = new LayerTable();
    const path = new LayerPath(table, ["vlan", "vxlan"]);
    const known = new Map<string, number>();
    const layer = fc.tuple(fc.nat(1), fc.option(fc.nat(300)));
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), (layers) => {
        const number = numberOf(path, layers);
        const key = JSON.stringify(layers);
        expect(number).toBe(known.get(key) ?? known.size + 1);
        known.set(key, number);
        expect(table.layers(number)).toEqual(
          layers.map(([kind, id]) => ({ kind: ["vlan", "vxlan"][kind], id })),
        );
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });
});
