// Every link layer and encapsulation out of every file format: the whole table of docs/captures.md.

import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { FILE_FORMATS, SNOOP_DATA_LINKS } from "../capture/formats.ts";
import { CELLS, flowOf, PAYLOAD } from "./cells.ts";
import { DecodeHarness } from "./decode-harness.ts";

const LINK_TYPES = [...new Set(CELLS.map(({ linkType }) => linkType))];

it.each(FILE_FORMATS)("$name", async ({ column, build }) => {
  let read = 0;
  const linkTypes = LINK_TYPES.filter((each) => column !== "snoop" || SNOOP_DATA_LINKS.has(each));
  for (const linkType of linkTypes) {
    const cells = CELLS.filter((cell) => cell.linkType === linkType);
    const packets = cells.map(({ bytes }, seconds) => ({ seconds: 1000 + seconds, bytes }));
    const capture = build(packets, linkType);
    const input = await CaptureInput.open(["-"], { standardInput: Readable.from([capture]) });
    const packet = new PacketCursor();
    const harness = new DecodeHarness();
    do {
      while (input.next(packet)) {
        const cell = cells[packet.number - 1]!;
        const bytes = packet.bytes.slice(packet.start, packet.end);
        const { outcome, segments } = harness.decode({ bytes, linkType: packet.linkType });
        expect(outcome, cell.name).toBe("tcp");
        expect(segments, cell.name).toMatchObject([
          { flow: flowOf(cell.version), payload: PAYLOAD, encapsulation: cell.encapsulation },
        ]);
        read++;
      }
    } while (await input.fill());
    await input.close();
  }
  expect(read).toBe(CELLS.filter(({ linkType }) => linkTypes.includes(linkType)).length);
});
