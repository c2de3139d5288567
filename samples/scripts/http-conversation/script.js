// Prints HTTP/1 conversations, message by message, also where packets were lost: what is missing and what
// was captured but could not be recognised are two numbers.

import { httpMessages } from "tcpx";

const ARROWS = { c2s: ">", s2c: "<" };

export default httpMessages({
  onMessage(engine, timestamp, flow, direction, seekPosition, bytes) {
    const [first] = bytes.toString("latin1", 0, 200).split("\r\n");
    const arrow = ARROWS[direction];
    engine.log("info", `${flow.id} ${arrow} ${first} (${bytes.length} octets at ${seekPosition})`);
    engine.counter("messages").add();
  },

  onLoss(engine, timestamp, flow, direction, { start, end, missing, unrecognised }) {
    const arrow = ARROWS[direction];
    const what = `${missing} octets missing, ${unrecognised} not recognised`;
    engine.log("info", `${flow.id} ${arrow} ... ${what}, from ${start} to ${end}`);
    engine.counter("losses").add();
  },
});
