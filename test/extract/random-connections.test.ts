// The engine against its slow twin, on random connections. The seed is fixed, so that a failure repeats;
// TCPX_CONNECTIONS asks for more of them (CI takes 100,000).

import { describe, expect, it } from "vitest";
import { RandomSource } from "../support/random-source.ts";
import { compareConnections } from "./random-connections.ts";

const CONNECTIONS = Number(process.env["TCPX_CONNECTIONS"] ?? 2000);
const A_CAPTURE = 100;

describe("random connections", () => {
  it(
    `gives what the slow twin gives (${CONNECTIONS} connections)`,
    async () => {
      for (let done = 0; done < CONNECTIONS; done += A_CAPTURE) {
        const faults = await compareConnections(new RandomSource(done + 1), A_CAPTURE);
        // The seed, to have it again alone.
        expect({ seed: done + 1, faults: faults.slice(0, 5) }).toEqual({
          seed: done + 1,
          faults: [],
        });
      }
    },
    CONNECTIONS * 20 + 60_000,
  );
});
