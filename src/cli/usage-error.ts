// What commander says about a wrong command line -> tcpx's one line.

import type { CommanderError } from "commander";
import { TcpxError } from "../errors.ts";

/** `command` is what to ask for help: `tcpx extract`. */
export function usageError({ message }: CommanderError, command: string): TcpxError {
  const [what = "", ...suggestions] = message.replace(/^error: /u, "").split("\n");
  const suggestion = suggestions
    .join(" ")
    .replace(/^\(Did/u, "(did")
    .replaceAll(/\s+/gu, " ");
  const line = [what.replace(/\.$/u, ""), suggestion].filter((text) => text !== "").join(" ");
  return new TcpxError("BAD_OPTION", `${line}; see ${command} --help`);
}
