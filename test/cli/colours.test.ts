import { expect, it } from "vitest";
import { wantsColour } from "../../src/cli/colours.ts";
import { StubStream } from "./stub-session.ts";

it.each([
  { tty: true, depth: 4, env: {}, choice: undefined, wanted: true },
  { tty: true, depth: 1, env: {}, choice: undefined, wanted: false },
  { tty: false, depth: 4, env: {}, choice: undefined, wanted: false },
  { tty: false, depth: 4, env: {}, choice: true, wanted: true },
  { tty: true, depth: 4, env: {}, choice: false, wanted: false },
  { tty: true, depth: 4, env: { NO_COLOR: "1" }, choice: undefined, wanted: false },
  { tty: true, depth: 4, env: { NO_COLOR: "" }, choice: undefined, wanted: true },
  { tty: true, depth: 4, env: { NO_COLOR: "1" }, choice: true, wanted: true },
  { tty: false, depth: 4, env: { FORCE_COLOR: "1" }, choice: undefined, wanted: true },
  { tty: false, depth: 4, env: { FORCE_COLOR: "" }, choice: undefined, wanted: true },
  { tty: true, depth: 4, env: { FORCE_COLOR: "0" }, choice: undefined, wanted: false },
  { tty: true, depth: 4, env: { FORCE_COLOR: "false" }, choice: undefined, wanted: false },
  { tty: false, depth: 4, env: { FORCE_COLOR: "1" }, choice: false, wanted: false },
  {
    tty: true,
    depth: 4,
    env: { NO_COLOR: "1", FORCE_COLOR: "1" },
    choice: undefined,
    wanted: false,
  },
])("terminal $tty of depth $depth, $env, option $choice: $wanted", (row) => {
  const stream = new StubStream();
  stream.isTTY = row.tty;
  stream.depth = row.depth;
  expect(wantsColour(stream, row.env, row.choice)).toBe(row.wanted);
});
