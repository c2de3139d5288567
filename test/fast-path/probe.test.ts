import { expect, it, vi } from "vitest";
import { expectSameStats, expectSameStreams, takenOf } from "./both-ways.ts";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { Talk, inTurns } from "./talk.ts";
import { asCapture } from "../flow/prediction-cases.ts";
it("x", async () => {
    const talks = [
      new Talk({ hasTimestamps: true, isn: { c2s: 2 ** 32 - 5000, s2c: 2 ** 32 - 20_000 } }),
      new Talk({ client: "2001:db8::1", server: "2001:db8:0:1::2", isn: { c2s: 1, s2c: 2 ** 31 } }),
      new Talk({ clientPort: 40_001, padTo: 60, hasIds: false, isn: { c2s: 2 ** 31 - 99, s2c: 7 } }),
      new Talk({ client: "::1", server: "::2", clientPort: 5, hasTimestamps: true, padTo: 90 }),
    ];
    const fields = inTurns(
      ...talks.map((talk, i) => [
        ...talk.begin(),
        ...talk.exchange("c2s", 40, 1 + 467 * i),
        ...talk.exchange("s2c", 60, 1001 - 333 * i),
        ...Array.from({ length: 30 }, (_, k) => [
          talk.send("c2s", 1 + k),
          talk.send("s2c", 3 * k + 1),
          talk.ack("c2s"),
        ]).flat(),
        ...talk.fins(),
      ]),
    );
    const next = CaptureInput.prototype.next;
    const missed: number[] = [];
    vi.spyOn(CaptureInput.prototype, "next").mockImplementation(function (this: CaptureInput, cursor) { const r = next.call(this, cursor); if (r) missed.push(cursor.number); return r; });
    const a = performance.now();
    await expectSameStats([pcapFile(asCapture(fields))]);
    console.log(performance.now()-a);
    const m = missed.slice(0, missed.indexOf(1, 1));
    for (const n of m) console.log(n, JSON.stringify({...fields[n-1], payload: fields[n-1]!.payload?.length}));
});
