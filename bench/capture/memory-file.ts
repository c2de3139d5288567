// A capture that lies in memory, as readers see a file of which the whole is in one block.

import type { CaptureFile } from "../../src/capture/capture-reader.ts";
import { DamageLog } from "../../src/capture/damage-log.ts";
import { OctetWindow } from "../../src/capture/octet-window.ts";
import type { RecordSource } from "../../src/capture/record-reader.ts";

export function memoryFile(bytes: Buffer): RecordSource {
  const file: CaptureFile = {
    path: "memory",
    name: "memory",
    format: "",
    formatText: "",
    bytesRead: bytes.length,
    size: bytes.length,
    truncated: false,
    skippedBytes: 0,
    skippedBlocks: 0,
    packets: 0,
  };
  const window = new OctetWindow({
    feed(into) {
      into.bytes = bytes;
      into.end = bytes.length;
      return Promise.resolve(true);
    },
    close: () => Promise.resolve(),
  });
  const damage = new DamageLog(file, undefined, true);
  return { window, file, fileIndex: 0, interfaces: [], damage };
}
