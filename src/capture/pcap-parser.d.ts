// The part of npm's pcap-parser 0.2.1 (which has no types) that pcap-parser-reader.ts uses.

declare module "pcap-parser" {
  import type { EventEmitter } from "node:events";

  export interface GlobalHeader {
    readonly magicNumber: number;
    readonly majorVersion: number;
    readonly minorVersion: number;
    readonly snapshotLength: number;
    readonly linkLayerType: number;
  }

  export interface Packet {
    readonly header: {
      readonly timestampSeconds: number;
      readonly timestampMicroseconds: number;
      readonly capturedLength: number;
      readonly originalLength: number;
    };
    readonly data: Buffer;
  }

  /** Events: globalHeader(GlobalHeader), packet(Packet), error(Error), end. */
  export type Parser = EventEmitter;

  export function parse(input: EventEmitter): Parser;
}
