// Where in memory the next octets in order of each stream go: columns by the sink's handle, as
// src/output/write-heads.ts keeps them.

import { copyLater } from "./late-copies";
import { clear, copy } from "./octets";

/** No octets are wanted of the stream. */
const NO_STREAM = 0;

let ends: usize = 0;
let targets: usize = 0;
let rooms: usize = 0;
let windows: usize = 0;
let rings: usize = 0;
let holes: usize = 0;
let touched: usize = 0;

/** Addresses of the columns, and of the marks of windows that were used. */
export function openHeads(
  endColumn: usize,
  targetColumn: usize,
  roomColumn: usize,
  windowColumn: usize,
  ringColumn: usize,
  holeColumn: usize,
  touchedMarks: usize,
): void {
  ends = endColumn;
  targets = targetColumn;
  rooms = roomColumn;
  windows = windowColumn;
  rings = ringColumn;
  holes = holeColumn;
  touched = touchedMarks;
}

/** True if, from the position on, a hole and octets behind it can be appended without further thought. */
export function hasRoom(handle: u32, position: f64, hole: i32, length: i32): bool {
  if (handle == NO_STREAM) return true;
  if (load<f64>(ends + ((<usize>handle) << 3)) != position) return false;
  const column = (<usize>handle) << 2;
  const room = load<i32>(rooms + column);
  return hole + length <= room || (hole == 0 && length < capacityOf(column, room));
}

/** Appends a hole, for which there is room: zeros, but not in a ring that is full, whose holes nobody looks into. */
export function skip(handle: u32, hole: i32): void {
  if (handle == NO_STREAM) return;
  const column = (<usize>handle) << 2;
  const target = load<i32>(targets + column);
  advance(handle, hole);
  if (load<i32>(rings + column) == 0) clear(target, target + hole);
  store<i32>(holes + column, load<i32>(holes + column) + hole);
}

/** Appends `[start, start + length)`, for which there is room. What goes into a full ring is there once `copyAll` ran. */
export function append(handle: u32, start: usize, length: i32): void {
  if (handle == NO_STREAM) return;
  const column = (<usize>handle) << 2;
  const target = load<i32>(targets + column);
  const end = advance(handle, length);
  if (load<i32>(rings + column) == 0) copy(target, start, start + length);
  else copyLater(handle, start, length, end);
  store<u8>(touched + load<u32>(windows + column), 1);
}

/** Moves on by octets for which there is room, in a full ring around its end; returns the position behind them. */
function advance(handle: u32, length: i32): f64 {
  const column = (<usize>handle) << 2;
  const target = load<i32>(targets + column);
  const room = load<i32>(rooms + column);
  const around = length <= room ? 0 : capacityOf(column, room);
  store<i32>(targets + column, target + length - around);
  store<i32>(rooms + column, room - length + around);
  const at = ends + ((<usize>handle) << 3);
  const end = load<f64>(at) + <f64>length;
  store<f64>(at, end);
  return end;
}

/** Octets of a ring that is full, else 0. */
function capacityOf(column: usize, room: i32): i32 {
  const ring = load<i32>(rings + column);
  // The last octet of a ring is one more than there is room for.
  return ring == 0 ? 0 : load<i32>(targets + column) + room + 1 - ring;
}

/**
 * Puts octets that were appended to a full ring where they belong, but for those whose place newer ones have.
 * `end`: the lower 32 bits of the position behind them.
 */
export function putIntoRing(handle: u32, source: usize, length: i32, end: u32): void {
  const column = (<usize>handle) << 2;
  const ring = load<i32>(rings + column);
  const target = load<i32>(targets + column);
  const capacity = capacityOf(column, load<i32>(rooms + column));
  const newer = <i32>(<u32>(<u64>load<f64>(ends + ((<usize>handle) << 3))) - end);
  const kept = min(length, capacity - newer);
  if (kept <= 0) return;
  let start = target - newer - kept;
  if (start < ring) start += capacity;
  const first = min(kept, ring + capacity - start);
  const from = source + (length - kept);
  copy(start, from, from + first);
  if (first < kept) copy(ring, from + first, from + kept);
}
