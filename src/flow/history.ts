// Zeek's conn_state and history words with Zeek's letters, made from what a flow's record kept
// (docs.zeek.org, base/protocols/conn). Each letter stands once a direction, in order of first sight;
// upper case is the client's.

import { ACK_LETTER, GAP_LETTER, SERVER_LETTERS } from "../memory/flow-record.ts";
import { FlowMark } from "./flow-cursor.ts";
import type { FlowCursor } from "./flow-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";

/** By number: those of the client, then those of the server. */
const LETTERS = "SHADFRCTWGIQshadfrctwgiq";
/** Letters of the server follow those of the client. */
export { SERVER_LETTERS };

/** Numbers of the letters, for the client. */
export const HistoryLetter = {
  SYN: 0,
  SYN_ACK: 1,
  ACK: ACK_LETTER,
  DATA: 3,
  FIN: 4,
  RST: 5,
  CHECKSUM: 6,
  RETRANSMISSION: 7,
  ZERO_WINDOW: 8,
  GAP: GAP_LETTER,
  INCONSISTENT: 10,
  MULTIPLE_FLAGS: 11,
} as const;

export function historyText(flow: FlowCursor): string {
  let text = "";
  for (const letter of flow.historyLetters()) text += LETTERS[letter]!;
  return text;
}

/** Zeek's conn_state of a flow that has ended. */
export function connectionState(flow: FlowCursor): string {
  // Three words of bits, read once: they are asked for nine times.
  const client = flow.c2s.marks;
  const server = flow.s2c.marks;
  const clientPackets = flow.c2s.packets;
  const serverPackets = flow.s2c.packets;
  const synSeen = (client & Mark.SYN) !== 0;
  const synAckSeen = (server & (Mark.SYN_ACK | Mark.SYN)) !== 0;
  const resetSeen = ((client | server) & Mark.RESET) !== 0;
  const resetByServer = (flow.marks & FlowMark.RESET_BY_SERVER) !== 0;
  const clientFin = (client & Mark.FIN) !== 0;
  const serverFin = (server & Mark.FIN) !== 0;
  if (!synSeen) {
    if (!synAckSeen) return "OTH";
    if (resetSeen && resetByServer) return "RSTRH";
    if (serverFin && clientPackets === 0) return "SHR";
    return "OTH";
  }
  if (!synAckSeen) {
    if (resetSeen) return resetByServer ? "REJ" : "RSTOS0";
    if (clientFin && serverPackets === 0) return "SH";
    return serverPackets === 0 ? "S0" : "OTH";
  }
  if (clientFin && serverFin) return "SF";
  if (resetSeen) return resetByServer ? "RSTR" : "RSTO";
  if (clientFin) return "S2";
  if (serverFin) return "S3";
  return "S1";
}
