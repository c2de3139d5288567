// Saves executables out of any connection, by their first octets: Windows (MZ) and ELF, as they are or as
// the body of an HTTP response. Octet N of an executable is at offset N of its file; what is missing is
// said.

const KINDS = [
  ["exe", "MZ\x90\0"],
  ["elf", "\x7fELF"],
];

/** Files by flow and direction: name, and the seek position at which the executable begins. */
const files = new Map();

export default {
  onPayload(engine, timestamp, flow, direction, seekPosition, buffer) {
    const key = `${flow.id}-${direction}`;
    if (seekPosition === 0) {
      const isHttp = buffer.text("latin1", 0, 5) === "HTTP/";
      const start = isHttp ? buffer.indexOf("\r\n\r\n") + 4 : 0;
      const kind = KINDS.find(([, magic]) => buffer.text("latin1", start, start + 4) === magic);
      if (kind === undefined) return;
      files.set(key, { name: `executables/${key}.${kind[0]}`, start });
      flow.tag(kind[0]);
      engine.counter("executables").add();
    }
    const file = files.get(key);
    if (file === undefined) return;
    const before = Math.max(0, file.start - seekPosition);
    buffer.slice(before).writeToFile(file.name, seekPosition + before - file.start);
  },

  onGap(engine, timestamp, flow, direction, seekPosition, length, cause) {
    const file = files.get(`${flow.id}-${direction}`);
    if (file === undefined) return;
    const at = seekPosition - file.start;
    engine.log("warning", `${file.name}: ${length} octets at ${at} are missing (${cause})`);
  },

  onTerminateFlow(engine, timestamp, flow) {
    files.delete(`${flow.id}-c2s`);
    files.delete(`${flow.id}-s2c`);
  },
};
