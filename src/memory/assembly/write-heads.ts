// Where in memory the next octets in order of each stream go: columns by the sink's handle, as
// src/output/write-heads.ts keeps them.

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

/** Appends a hole, for which there is room: zeros. */
export function skip(handle: u32, hole: i32): void {
  if (handle == NO_STREAM) return;
  const column = (<usize>handle) << 2;
  const target = load<i32>(targets + column);
  clear(target, target + hole);
  setTarget(column, target + hole, load<i32>(rooms + column) - hole);
  store<i32>(holes + column, load<i32>(holes + column) + hole);
  const end = ends + ((<usize>handle) << 3);
  store<f64>(end, load<f64>(end) + <f64>hole);
}

/** Octets of a ring that is full, else 0. */
function capacityOf(column: usize, room: i32): i32 {
  const ring = load<i32>(rings + column);
  // The last octet of a ring is one more than there is room for.
  return ring == 0 ? 0 : load<i32>(targets + column) + room + 1 - ring;
}

/** Appends `[start, start + length)`, for which there is room. */
export function append(handle: u32, start: usize, length: i32): void {
  if (handle == NO_STREAM) return;
  const column = (<usize>handle) << 2;
  const target = load<i32>(targets + column);
  const room = load<i32>(rooms + column);
  if (length <= room) {
    copy(target, start, start + length);
    setTarget(column, target + length, room - length);
  } else {
    const ring = load<i32>(rings + column);
    const first = room + 1;
    const rest = length - first;
    copy(target, start, start + first);
    copy(ring, start + first, start + length);
    setTarget(column, ring + rest, capacityOf(column, room) - rest - 1);
  }
  const end = ends + ((<usize>handle) << 3);
  store<f64>(end, load<f64>(end) + <f64>length);
  store<u8>(touched + load<u32>(windows + column), 1);
}

function setTarget(column: usize, target: i32, room: i32): void {
  store<i32>(targets + column, target);
  store<i32>(rooms + column, room);
}
