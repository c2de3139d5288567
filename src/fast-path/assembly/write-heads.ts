// Where in memory the next octets in order of each stream go: columns by the sink's handle, as
// src/output/write-heads.ts keeps them.

import { copy } from "./octets";

/** No octets are wanted of the stream. */
const NO_STREAM = 0;

let ends: usize = 0;
let targets: usize = 0;
let rooms: usize = 0;
let windows: usize = 0;
let touched: usize = 0;

/** Addresses of the columns, and of the marks of windows that were used. */
export function openHeads(
  endColumn: usize,
  targetColumn: usize,
  roomColumn: usize,
  windowColumn: usize,
  touchedMarks: usize,
): void {
  ends = endColumn;
  targets = targetColumn;
  rooms = roomColumn;
  windows = windowColumn;
  touched = touchedMarks;
}

/** True if octets at the position can be appended without further thought. */
export function hasRoom(handle: u32, position: f64, length: i32): bool {
  if (handle == NO_STREAM) return true;
  return (
    load<f64>(ends + ((<usize>handle) << 3)) == position &&
    length <= load<i32>(rooms + ((<usize>handle) << 2))
  );
}

/** Appends `[start, start + length)`, for which there is room. */
export function append(handle: u32, start: usize, length: i32): void {
  if (handle == NO_STREAM) return;
  const column = (<usize>handle) << 2;
  const target = load<u32>(targets + column);
  copy(target, start, start + length);
  store<u32>(targets + column, target + length);
  store<i32>(rooms + column, load<i32>(rooms + column) - length);
  const end = ends + ((<usize>handle) << 3);
  store<f64>(end, load<f64>(end) + <f64>length);
  store<u8>(touched + load<u32>(windows + column), 1);
}
