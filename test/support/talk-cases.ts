// Connections by name, each of which has to be told the same with the fast path and without, alone and all at once.

import { expect, it } from "vitest";
import type { Choices } from "./both-ways.ts";
import { expectSameStats, expectSameStreams } from "./both-ways.ts";
import { pcapFile } from "./capture-builder.ts";
import type { Sent } from "./talk.ts";
import { captureOf, inTurns, onPort } from "./talk.ts";

/** Packets of which the fast path has to take so many at least. */
export type TalkCase = readonly [
  name: string,
  least: number,
  packets: readonly Sent[],
  choices?: Choices,
];

export function itTellsTheSame(cases: readonly TalkCase[]): void {
  it.each(cases.map(([name, least, packets, choices]) => ({ name, least, packets, choices })))(
    "tells the same: $name",
    async ({ least, packets, choices }) => {
      // Those that are not among all of them below write files here.
      const isAlone = onPort(packets, 0) === null;
      const expectSame = isAlone || choices !== undefined ? expectSameStreams : expectSameStats;
      const { taken } = await expectSame([pcapFile(captureOf(packets))], choices);
      expect(taken).toBeGreaterThanOrEqual(least);
    },
  );

  it("tells the same, and writes the same: all of them at once", async () => {
    const all = cases.map(([, , packets], i) => onPort(packets, 20_000 + i) ?? []);
    await expectSameStreams([pcapFile(captureOf(inTurns(...all)))]);
  });
}
