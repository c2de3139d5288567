// Scripts as files: JavaScript and TypeScript load, rules keep their order, and what does not load says
// file, line and reason.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { loadScript, scriptFromObject } from "../../src/script/load-script.ts";
import { rule, ruleGroup } from "../../src/script/define-script.ts";
import { HANDSHAKE, runScripts } from "./run-scripts.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-load-")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function write(extension: string, text: string): string {
  const path = join(folder, `script-${++files}${extension}`);
  writeFileSync(path, text);
  return path;
}

async function failureOf(path: string): Promise<TcpxError> {
  try {
    await loadScript(path);
  } catch (error) {
    expect(error).toBeInstanceOf(TcpxError);
    return error as TcpxError;
  }
  throw new Error("it loads");
}

describe("a script file", () => {
  it("may be JavaScript", async () => {
    const path = write(".mjs", "export default { onPayload() {} };");
    const { name, handlers, rules } = await loadScript(path);
    expect(name).toMatch(/^script-\d+\.mjs$/);
    expect(Object.keys(handlers)).toEqual(["onPayload"]);
    expect(rules).toEqual([]);
  });

  it("may be TypeScript, without a build step", async () => {
    const path = write(
      ".ts",
      "interface A { readonly n: number }\nconst a: A = { n: 3 };\nexport default { setup: (): boolean => a.n === 3 };\n",
    );
    const { handlers } = await loadScript(path);
    expect(handlers.setup!({} as never)).toBe(true);
  });

  it("may export rules by name, beside handlers or alone", async () => {
    const path = write(
      ".mjs",
      'export const one = { on: "receiveData", eval() {} };\nexport const group = { on: "newConnection", rules: [] };\nexport const other = 5;\n',
    );
    expect((await loadScript(path)).rules.map(({ on }) => on).sort()).toEqual([
      "newConnection",
      "receiveData",
    ]);
  });

  it("names file and line where it throws", async () => {
    const path = write(
      ".mjs",
      "export default {\n  onNewFlow() {\n    throw new Error('here');\n  },\n};\n",
    );
    const { scriptErrors } = await runScripts([path], HANDSHAKE);
    expect(scriptErrors![0]!.message).toMatch(/^script-\d+\.mjs:3: onNewFlow of flow 1: here;/);
  });

  it.each([
    [".mjs", "export default {\n  onPayload( {\n};\n", /script-\d+\.mjs.*does not load/],
    [
      ".ts",
      "export default {\n  onPayload( {\n};\n",
      /script-\d+\.ts(:\d+)?: the script does not load/,
    ],
    [
      ".mjs",
      "\nthrow new Error('at once');\n",
      /script-\d+\.mjs:2: the script does not load: at once/,
    ],
    [".mjs", "import 'no-such-package-at-all';\n", /does not load: .*no-such-package-at-all/],
    [".mjs", "export default 5;\n", /the default export is number/],
    [".mjs", "export const a = 1;\n", /exports neither a handler/],
    [".mjs", "export default { onPayload: 5 };\n", /onPayload is number, a function is expected/],
    [".mjs", "export default { onPayloads() {} };\n", /there is no handler onPayloads/],
    [".mjs", "export default { rules: [{ on: 'never', eval() {} }] };\n", /a rule on "never"/],
    [
      ".mjs",
      "export default { rules: [{ on: 'newConnection', streamed: true, eval() {} }] };\n",
      /only a rule on receiveData/,
    ],
    [".mjs", "export default { on: 'newConnection', rules: [5] };\n", /functions in an array/],
  ])("that is wrong says what and where: %s %j", async (extension, text, message) => {
    const error = await failureOf(write(extension, text));
    expect([error.code, error.exitCode]).toEqual(["BAD_SCRIPT", 2]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("\n");
  });

  it("that is not there is said to be", async () => {
    expect((await failureOf(join(folder, "missing.ts"))).message).toContain(
      "there is no such file",
    );
  });
});

describe("rules made by rule()", () => {
  it("keep the order of the file, whatever their names", () => {
    const calls: string[] = [];
    const zebra = rule({ on: "newConnection", eval: () => void calls.push("zebra") });
    const ape = ruleGroup({ on: "newConnection", rules: [] });
    const { rules } = scriptFromObject({ rules: [ape] }, "x");
    expect(rules).toEqual([ape]);
    expect([zebra, ape].map(({ on }) => on)).toEqual(["newConnection", "newConnection"]);
  });
});
