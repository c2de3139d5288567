// All streams of small captures at once, in memory.

import type { CollectedFlow } from "../output/collecting-sink.ts";
import { CollectingSink } from "../output/collecting-sink.ts";
import { extract } from "./extract.ts";
import type { RunOptions } from "./run-options.ts";

/** Octets of all streams together where no other limit is given. */
export const DEFAULT_STREAM_LIMIT: number = 64 * 1024 * 1024;

export interface GetStreamsOptions extends Omit<
  RunOptions,
  "captures" | "output" | "slice" | "sink" | "command"
> {
  /** Octets of all streams together, what is missing included; 64 MiB if absent. */
  readonly limitBytes?: number;
}

/**
 * The flows of the captures with their streams, by number. Always a list, whatever the number of flows.
 *
 *     for (const { client, server, c2s, s2c } of await getStreams("capture.pcap")) ...
 *
 * @throws TcpxError BAD_OPTION where the streams are longer than the limit; what could not be read
 */
export async function getStreams(
  captures: string | readonly string[],
  options: GetStreamsOptions = {},
): Promise<CollectedFlow[]> {
  const { limitBytes = DEFAULT_STREAM_LIMIT, ...run } = options;
  const sink = new CollectingSink(limitBytes);
  const paths = typeof captures === "string" ? [captures] : captures;
  const { outputError, inputErrors } = await extract({ ...run, captures: paths, sink });
  const error = outputError ?? inputErrors[0];
  if (error !== undefined) throw error;
  return sink.flows.toSorted((one, other) => one.flow - other.flow);
}
