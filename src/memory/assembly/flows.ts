// The flows of the run as the engine keeps them: records, and the index by which a segment finds the newest
// flow of its key. Read here, and records changed; opened, linked and removed by src/flow only.

import * as Flow from "../flow-record";
import {
  destinationOf,
  destinationPortOf,
  int32,
  isIPv6,
  keyPath,
  sourceOf,
  sourcePortOf,
} from "./headers";

const RECORD_BYTES: usize = Flow.RECORD_WORDS << 2;
const EMPTY = -1;

/** Records lie from `records` on, by slot; those of slots from `slots` on lie elsewhere. */
let records: usize = 0;
let slots: i32 = 0;
let seed: u32 = 0;
/** The index: pairs of hash and slot; the table before it where entries still move over, else the same. */
let entries: usize = 0;
let mask: u32 = 0;
let oldEntries: usize = 0;
let oldMask: u32 = 0;

export function openFlows(firstRecord: usize, slotLimit: i32, hashSeed: u32): void {
  records = firstRecord;
  slots = slotLimit;
  seed = hashSeed;
}

export function openIndex(table: usize, tableMask: u32, oldTable: usize, oldTableMask: u32): void {
  entries = table;
  mask = tableMask;
  oldEntries = oldTable;
  oldMask = oldTableMask;
}

/** The record of the newest flow of the packet's key, or 0. */
export function findFlow(ip: usize, tcp: usize): usize {
  const hash = hashOf(ip, tcp);
  const record = walk(entries, mask, hash, ip, tcp);
  if (record != 0 || oldEntries == entries) return record;
  return walk(oldEntries, oldMask, hash, ip, tcp);
}

export function slotOf(record: usize): i32 {
  return <i32>((record - records) / RECORD_BYTES);
}

/** 1 if the packet goes from client to server, -1 if the other way, 0 if it is of another key. */
export function directionOf(record: usize, ip: usize, tcp: usize): i32 {
  if (word(record, Flow.VLAN) != keyPath || word(record, Flow.ENCAPSULATION) != 0) return 0;
  if (((word(record, Flow.MARKS) & Flow.IPV6_MARK) != 0) != isIPv6(ip)) return 0;
  const source = sourcePortOf(tcp);
  const destination = destinationPortOf(tcp);
  const ports = <u32>word(record, Flow.PORTS);
  if (
    ports == ((source << 16) | destination) &&
    endpointsAre(record, Flow.CLIENT, Flow.SERVER, ip)
  ) {
    return 1;
  }
  if (
    ports == ((destination << 16) | source) &&
    endpointsAre(record, Flow.SERVER, Flow.CLIENT, ip)
  ) {
    return -1;
  }
  return 0;
}

function endpointsAre(record: usize, source: i32, destination: i32, ip: usize): bool {
  if (word(record, source + 3) != sourceOf(ip)) return false;
  if (word(record, destination + 3) != destinationOf(ip)) return false;
  if (!isIPv6(ip)) return true;
  for (let i = 0; i < 3; i++) {
    if (word(record, source + i) != int32(ip + 8 + (i << 2))) return false;
    if (word(record, destination + i) != int32(ip + 24 + (i << 2))) return false;
  }
  return true;
}

function walk(table: usize, tableMask: u32, hash: u32, ip: usize, tcp: usize): usize {
  let i = hash & tableMask;
  let slot = load<i32>(table + ((<usize>i) << 3), 4);
  while (slot != EMPTY) {
    if (slot >= 0 && slot < slots && load<u32>(table + ((<usize>i) << 3)) == hash) {
      const record = records + <usize>slot * RECORD_BYTES;
      if (directionOf(record, ip, tcp) != 0) return record;
    }
    i = (i + 1) & tableMask;
    slot = load<i32>(table + ((<usize>i) << 3), 4);
  }
  return 0;
}

/** As `FlowTable.hash` of a packet in no tunnel. */
function hashOf(ip: usize, tcp: usize): u32 {
  const source = endpointHash(ip, ip + 8, sourceOf(ip), sourcePortOf(tcp));
  const destination = endpointHash(ip, ip + 24, destinationOf(ip), destinationPortOf(tcp));
  return scramble((source + destination) ^ (<u32>keyPath * 0x9e37_79b1));
}

/** `address`: where the upper words of an IPv6 address lie. */
function endpointHash(ip: usize, address: usize, lowWord: u32, port: u32): u32 {
  let hash = ((lowWord ^ seed) * 0x85eb_ca6b) ^ ((port ^ (seed >> 7)) * 0xc2b2_ae35);
  if (isIPv6(ip)) {
    const word0 = <u32>int32(address);
    const word1 = <u32>int32(address + 4);
    const word2 = <u32>int32(address + 8);
    if ((word0 | word1 | word2) != 0) {
      hash ^= (word0 * 0x27d4_eb2f) ^ (word1 * 0x1656_67b1);
      hash = (hash * 0x9e37_79b1) ^ (word2 * 0x2c1b_3c6d);
    }
  }
  return scramble(hash);
}

/** The finalizer of MurmurHash3. */
function scramble(value: u32): u32 {
  let hash = (value ^ (value >> 16)) * 0x85eb_ca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2_ae35;
  return hash ^ (hash >> 16);
}

/** An int32 field of a record, by its offset in words. */
export function word(record: usize, field: i32): i32 {
  return load<i32>(record + ((<usize>field) << 2));
}
export function setWord(record: usize, field: i32, value: i32): void {
  store<i32>(record + ((<usize>field) << 2), value);
}
/** A float64 field of a record, by its offset in float64 units. */
export function float(record: usize, field: i32): f64 {
  return load<f64>(record + ((<usize>field) << 3));
}
export function setFloat(record: usize, field: i32, value: f64): void {
  store<f64>(record + ((<usize>field) << 3), value);
}
