import { describe, expect, test } from "vitest";
import {
  AT,
  COMMANDS,
  CommandRing,
  DESCRIPTOR,
  LENGTH,
  POSITION,
  RING_BYTES,
  SIZE,
  TEXT_ROOM,
} from "../../../src/output/thread/command-ring.ts";

const START = 64;

function newRing(): { ring: CommandRing; memory: SharedArrayBuffer } {
  const memory = new SharedArrayBuffer(START + RING_BYTES + 64);
  return { ring: new CommandRing(memory, START), memory };
}

describe("CommandRing", () => {
  test("keeps the fields of each slot apart, and within its room", () => {
    const { ring, memory } = newRing();
    for (let slot = 0; slot < COMMANDS; slot++) {
      ring.setWord(slot, DESCRIPTOR, slot);
      ring.setWord(slot, AT, -slot);
      ring.setWord(slot, LENGTH, 3 * slot);
      ring.setFloat(slot, POSITION, 2 ** 40 + slot);
      ring.setFloat(slot, SIZE, 2 ** 50 + slot);
      expect(ring.setText(slot, `${slot}`.padEnd(TEXT_ROOM, "x"))).toBe(true);
    }
    for (let slot = 0; slot < COMMANDS; slot++) {
      expect(ring.word(slot, DESCRIPTOR)).toBe(slot);
      expect(ring.word(slot, AT)).toBe(slot === 0 ? 0 : -slot);
      expect(ring.word(slot, LENGTH)).toBe(3 * slot);
      expect(ring.float(slot, POSITION)).toBe(2 ** 40 + slot);
      expect(ring.float(slot, SIZE)).toBe(2 ** 50 + slot);
      expect(ring.text(slot)).toBe(`${slot}`.padEnd(TEXT_ROOM, "x"));
    }
    const octets = new Uint8Array(memory);
    expect(octets.subarray(0, START).some((octet) => octet !== 0)).toBe(false);
    expect(octets.subarray(START + RING_BYTES).some((octet) => octet !== 0)).toBe(false);
    expect([...ring.header].some((word) => word !== 0)).toBe(false);
  });

  test("names the slots of numbers round and round, also where the count overflows", () => {
    const { ring } = newRing();
    expect(ring.slotOf(0)).toBe(0);
    expect(ring.slotOf(COMMANDS + 5)).toBe(5);
    expect(ring.slotOf(2 ** 31 - 1)).toBe(COMMANDS - 1);
    expect(ring.slotOf(-(2 ** 31))).toBe(0);
  });

  test("takes text of any script, and says where it is too long", () => {
    const { ring } = newRing();
    expect(ring.setText(7, "Überströme/ß→é")).toBe(true);
    expect(ring.text(7)).toBe("Überströme/ß→é");
    expect(ring.setText(7, "x".repeat(TEXT_ROOM + 1))).toBe(false);
    // Not half a character at the end.
    expect(ring.setText(7, `${"x".repeat(TEXT_ROOM - 1)}é`)).toBe(false);
    expect(ring.text(7)).toBe("x".repeat(TEXT_ROOM - 1));
  });
});
