// Captures packet by packet, for users of the library who want no flows.

import { CaptureInput } from "../capture/capture-input.ts";
import type { CaptureInputOptions } from "../capture/capture-input.ts";

/**
 * Opens captures for reading, as one sequence of packets: a path, "-" for standard input, a directory for
 * the captures in it, or several of these. The caller closes it.
 *
 *     const input = await openCapture("capture.pcap");
 *     const packet = new PacketCursor();
 *     do {
 *       while (input.next(packet)) use(packet.bytes, packet.start, packet.end);
 *     } while (await input.fill());
 *     await input.close();
 *
 * @throws TcpxError NO_SUCH_FILE, NO_CAPTURES, NOT_A_CAPTURE, READ_FAILED if nothing can be read (what else
 *   can't be read is in `errors`); BAD_OPTION
 */
export function openCapture(
  paths: string | readonly string[],
  options: CaptureInputOptions = {},
): Promise<CaptureInput> {
  return CaptureInput.open(typeof paths === "string" ? [paths] : paths, options);
}
