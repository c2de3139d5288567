// What is said of an error that should not exist: one line with a code that is the same for the same
// defect, so that reports of it can be told apart and put together.

import { TcpxError } from "../errors.ts";

const FRAMES = 3;

/** Eight hexadecimal digits made of the error's kind and the places in tcpx where it happened. */
export function reportCodeOf(error: unknown): string {
  const { name, message, stack } = asError(error);
  const places = (stack ?? "")
    .split("\n")
    .map((line) => /(?:dist|src)[/\\](\S+?)\.c?[jt]s:(\d+):\d+\)?$/u.exec(line))
    .flatMap((match) => (match === null ? [] : [`${match[1]!.replaceAll("\\", "/")}:${match[2]!}`]))
    .slice(0, FRAMES);
  const key = [name, ...(places.length === 0 ? [message] : places)].join("\n");
  // loaded here: it takes 4 ms, and most runs have no defect
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

/** `error` itself if it is one that users are meant to see, otherwise INTERNAL around it. */
export function asTcpxError(error: unknown, version: string): TcpxError {
  if (error instanceof TcpxError && error.code !== "INTERNAL") return error;
  const { name, message } = asError(error);
  const what = name === "Error" || name === "TcpxError" ? message : `${name}: ${message}`;
  const where = `report code ${reportCodeOf(error)}, tcpx ${version}, Node ${process.versions.node}`;
  return new TcpxError(
    "INTERNAL",
    `${what} (${where}): a defect in tcpx, please report this line; --debug shows the trace`,
    { cause: error },
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
