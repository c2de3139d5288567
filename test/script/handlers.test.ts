import { describe, expect, it } from "vitest";
import type { Script } from "../../src/script/script-api.ts";
import { HANDSHAKE, recorder, runScripts } from "./run-scripts.ts";

describe("stream handlers", () => {
  it("tell a flow from its first packet to its end", async () => {
    const lines: string[] = [];
    const { report } = await runScripts(
      [recorder(lines)],
      [
        ...HANDSHAKE,
        "1.0 c PA 101 301 hello",
        "1.1 s PA 301 106 world!",
        "1.2 c FA 106 307",
        "1.3 s FA 307 107",
        "1.4 c A 107 308",
      ],
    );
    expect(lines).toEqual([
      "0.000000000 new 1 10.0.0.1:40000-10.0.0.2:80",
      "1 c2s 0 hello",
      "1.1 s2c 0 world!",
      "end fin",
    ]);
    expect(report.script.scripts).toEqual(["script 1"]);
  });
});

export type { Script };
