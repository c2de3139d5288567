// Captures of one or a few connections, for tests of the whole program.

import { pcapFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { patternOctets, tcpPacket } from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";

const START_SECONDS = 1_258_544_215;
const CLIENT_ISN = 1000;
const SERVER_ISN = 5000;

export interface Conversation {
  /** Octets that the server sends, in segments of `segmentBytes`. */
  readonly responseBytes?: number;
  readonly segmentBytes?: number;
  /** Segments of the response that the capture does not hold, counted from 0. */
  readonly lost?: readonly number[];
  readonly clientPort?: number;
  /** False: no FINs, the flow stays open. */
  readonly ends?: boolean;
}

export const REQUEST = "GET / HTTP/1.1\r\n\r\n";

/** What the server of a conversation sends. */
export function responseOf({ responseBytes = 3000 }: Conversation = {}): Uint8Array {
  return patternOctets(responseBytes);
}

/** Handshake, request, response, FINs; a millisecond between the packets. */
export function conversationPackets(conversation: Conversation = {}): BuiltPacket[] {
  const { segmentBytes = 1000, lost = [], clientPort = 40_000, ends = true } = conversation;
  const response = responseOf(conversation);
  const packets: TcpPacketFields[] = [];
  const fromClient = (fields: TcpPacketFields): void => {
    packets.push({ sourcePort: clientPort, destinationPort: 80, ...fields });
  };
  const fromServer = (fields: TcpPacketFields): void => {
    const addresses = { source: "10.0.0.2", destination: "10.0.0.1" };
    packets.push({ ...addresses, sourcePort: 80, destinationPort: clientPort, ...fields });
  };
  let clientNext = CLIENT_ISN + 1;
  let serverNext = SERVER_ISN + 1;
  fromClient({ flags: "S", seq: CLIENT_ISN });
  fromServer({ flags: "SA", seq: SERVER_ISN, ack: clientNext });
  fromClient({ flags: "A", seq: clientNext, ack: serverNext });
  fromClient({ flags: "PA", seq: clientNext, ack: serverNext, payload: REQUEST });
  clientNext += REQUEST.length;
  for (let start = 0, index = 0; start < response.length; start += segmentBytes, index++) {
    const payload = response.subarray(start, start + segmentBytes);
    if (!lost.includes(index)) {
      fromServer({ flags: "A", seq: serverNext, ack: clientNext, payload });
    }
    serverNext += payload.length;
    fromClient({ flags: "A", seq: clientNext, ack: serverNext });
  }
  if (ends) {
    fromServer({ flags: "FA", seq: serverNext, ack: clientNext });
    fromClient({ flags: "FA", seq: clientNext, ack: serverNext + 1 });
    fromServer({ flags: "A", seq: serverNext + 1, ack: clientNext + 1 });
  }
  return packets.map((fields, index) => ({
    seconds: START_SECONDS + Math.floor(index / 1000),
    nanos: (index % 1000) * 1_000_000,
    bytes: tcpPacket(fields),
  }));
}

/** Classic pcap of one conversation. */
export function conversationCapture(conversation: Conversation = {}): Buffer {
  return pcapFile(conversationPackets(conversation));
}
