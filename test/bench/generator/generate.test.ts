import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { provideCapture } from "../../../bench/generator/cache.js";
import { generateCapture } from "../../../bench/generator/generate.js";
import { contiguous, dissect, sha256 } from "../support/slow-dissector.js";

const SMALL: readonly [kind: string, sizes: Record<string, number>][] = [
  ["bulk", { bytes: 400_000 }],
  ["bulk", { bytes: 400_000, segmentsPerAck: 2 }],
  ["small-segments", { packets: 3000 }],
  ["short", { packets: 3000 }],
  ["flows", { flows: 60, live: 20 }],
];

function generate(kind: string, sizes: object, seed?: number) {
  const parts: Buffer[] = [];
  const manifest = generateCapture(
    kind,
    sizes,
    (octets: Buffer) => parts.push(Buffer.from(octets)),
    seed,
  );
  return { manifest, capture: Buffer.concat(parts) };
}

/** As sorted text: in whatever order the streams come. */
function byText(list: readonly object[]): string[] {
  return list.map((entry) => JSON.stringify(entry)).sort();
}

describe.each(SMALL)("%s %o", (kind, sizes) => {
  const { manifest, capture } = generate(kind, sizes);
  const found = dissect(capture);

  test("every checksum is right", () => {
    expect(found.wrongChecksums).toBe(0);
  });

  test("packets and octets are those of the manifest", () => {
    expect(found.packets).toBe(manifest.packets);
    expect(capture.length).toBe(manifest.bytes);
    expect(manifest.capturedBytes).toBe(manifest.streamBytes);
  });

  test("timestamps never go backwards", () => {
    expect(found.times.every((time, index) => index === 0 || time >= found.times[index - 1]!)).toBe(
      true,
    );
  });

  test("its streams are the planned ones, octet by octet", () => {
    const streams = found.streams.map((stream) => ({
      from: stream.from,
      to: stream.to,
      bytes: stream.octets.size,
      sha256: sha256(contiguous(stream)),
    }));
    const planned = manifest.listed.map(({ client, server, direction, bytes, sha256 }) => ({
      from: direction === "c2s" ? client : server,
      to: direction === "c2s" ? server : client,
      bytes,
      sha256,
    }));
    expect(byText(streams)).toEqual(byText(planned));
    expect(manifest.flows * 2).toBe(planned.length);
  });

  test("the same kind, size and seed give the same octets, another seed others", () => {
    expect(generate(kind, sizes).capture.equals(capture)).toBe(true);
    expect(generate(kind, sizes, 2).capture.equals(capture)).toBe(false);
  });
});

test("a wrong checksum would be seen", () => {
  const { capture } = generate("bulk", { bytes: 100_000 });
  const last = capture.length - 20;
  capture[last] = capture[last]! ^ 1;
  expect(dissect(capture).wrongChecksums).toBe(1);
});

describe("sizes", () => {
  test("bulk has the asked octets and eight interleaved streams", () => {
    const { manifest, capture } = generate("bulk", { bytes: 2_000_000 });
    expect(Math.abs(manifest.bytes / 2_000_000 - 1)).toBeLessThan(0.01);
    expect(manifest.flows).toBe(8);
    expect(dissect(capture).mostOpen).toBe(8);
  });

  test("small segments have the asked packets", () => {
    const { manifest } = generate("small-segments", { packets: 20_000 });
    expect(Math.abs(manifest.packets / 20_000 - 1)).toBeLessThan(0.01);
  });

  test("short connections have about 59 packets each, on ports used four times", () => {
    const { manifest, capture } = generate("short", { packets: 17_700 });
    expect(Math.abs(manifest.packets / 17_700 - 1)).toBeLessThan(0.02);
    expect(manifest.flows).toBe(300);
    const clients = dissect(capture).streams.filter((stream) => stream.to.endsWith(":80"));
    expect(new Set(clients.map((stream) => stream.from)).size).toBe(75);
  });

  test.each([1, 7, 60])("%i flows live at once are open at once", (live) => {
    const { manifest, capture } = generate("flows", { flows: 60, live });
    expect(manifest.packets).toBe(60 * 30);
    expect(dissect(capture).mostOpen).toBe(live);
  });

  test("captures of equally many flows hold the same packets, whatever the number live at once", () => {
    const kinds = [7, 60].map((live) =>
      dissect(generate("flows", { flows: 60, live }).capture)
        .records.map((record) => `${record.length} ${record.slice(2 * 47, 2 * 48)}`)
        .sort(),
    );
    expect(kinds[0]).toEqual(kinds[1]);
  });
});

describe("the lossy kind", () => {
  const twin = generate("bulk", { bytes: 3_000_000 });
  const { manifest, capture } = generate("lossy", { bytes: 3_000_000 });
  const found = dissect(capture);

  test("is as large as its loss-free twin and misses half of its octets", () => {
    expect(Math.abs(manifest.bytes / twin.manifest.bytes - 1)).toBeLessThan(0.05);
    expect(Math.abs(manifest.capturedBytes / manifest.streamBytes - 0.5)).toBeLessThan(0.03);
  });

  test("holds one packet in a hundred twice, and right checksums", () => {
    const twice = found.packets - new Set(found.records).size;
    expect(Math.abs(twice / found.packets - 0.01)).toBeLessThan(0.005);
    expect(found.wrongChecksums).toBe(0);
  });

  test("holds one packet in fifty late", () => {
    // The IP identification counts up by one a packet of a sender to a receiver: lower is later.
    const highest = new Map<string, number>();
    let late = 0;
    for (const record of new Set(found.records)) {
      const sender = record.slice(2 * 26, 2 * 38);
      const identification = Number.parseInt(record.slice(2 * 18, 2 * 20), 16);
      const before = highest.get(sender) ?? identification;
      if (((identification - before) << 16) >> 16 < 0) late++;
      else highest.set(sender, identification);
    }
    // A late packet that overtook none of its own sender's looks punctual.
    expect(late / found.packets).toBeGreaterThan(0.01);
    expect(late / found.packets).toBeLessThan(0.025);
  });
});

describe("the cache", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "tcpx-bench-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("makes a capture once, and gives the same manifest again", () => {
    const made: string[] = [];
    const provide = () =>
      provideCapture(directory, "short", { packets: 600 }, (name: string) => made.push(name));
    const first = provide();
    const second = provide();
    expect(made).toHaveLength(1);
    expect(second).toEqual(first);
    expect(readFileSync(first.path).length).toBe(first.manifest.bytes);
  });

  test("refuses a kind that it doesn't know", () => {
    expect(() => provideCapture(directory, "long", {})).toThrow("unknown kind of capture: long");
  });
});
