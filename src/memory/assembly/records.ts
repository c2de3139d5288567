// The record in hand: where its frame lies and when it was captured, of the two forms that most captures have. What
// is odd about a record the readers of src/capture find out.
//
//     pcap      | seconds | fraction | captured | original | frame                               (little-endian)
//     pcapng    | 6 | length | interface | high, low ticks | captured | original | frame ... | length |

const PCAP_HEADER_BYTES: usize = 16;
const ENHANCED_PACKET: u32 = 6;
const ENHANCED_HEADER_BYTES: usize = 28;
const SHORTEST_ENHANCED: u32 = 32;

let isPcapng = false;
/** pcapng: the one interface whose packets are taken. */
let interfaceId: u32 = 0;
let ticksPerSecond: u32 = 1;
let nanosPerTick: u32 = 0;
let longest: u32 = 0;
/** The second of the record before, and the tick at which it began. */
let knownSecond: u32 = 0;
let knownTick: u64 = 0;

/** Of the record read last: its frame is `[frame, frameEnd)`, the next record begins at `next`. */
export let frame: usize = 0;
export let frameEnd: usize = 0;
export let next: usize = 0;
export let seconds: u32 = 0;
export let nanos: u32 = 0;

export function openRecords(
  arePcapng: bool,
  ofInterface: u32,
  ticks: u32,
  nanosOfTick: u32,
  longestCaptured: u32,
): void {
  isPcapng = arePcapng;
  interfaceId = ofInterface;
  ticksPerSecond = ticks;
  nanosPerTick = nanosOfTick;
  longest = longestCaptured;
  knownSecond = 0;
  knownTick = 0;
}

/** Reads the record at `at`; false if no whole one is there before `end`, or it is not just as most are. */
export function readRecord(at: usize, end: usize): bool {
  return isPcapng ? readEnhancedPacket(at, end) : readPcapRecord(at, end);
}

function readPcapRecord(at: usize, end: usize): bool {
  if (at + PCAP_HEADER_BYTES > end) return false;
  const fraction = load<u32>(at, 4);
  if (fraction >= ticksPerSecond) return false;
  seconds = load<u32>(at);
  nanos = fraction * nanosPerTick;
  return isWhole(at + PCAP_HEADER_BYTES, load<u32>(at, 8), load<u32>(at, 12), end);
}

function readEnhancedPacket(at: usize, end: usize): bool {
  if (at + ENHANCED_HEADER_BYTES > end || load<u32>(at) != ENHANCED_PACKET) return false;
  const length = load<u32>(at, 4);
  const captured = load<u32>(at, 20);
  if (length < SHORTEST_ENHANCED || (length & 3) != 0 || length > <u32>(end - at)) return false;
  const blockEnd = at + length;
  if (load<u32>(at, 8) != interfaceId || load<u32>(blockEnd - 4) != length) return false;
  if (captured > length - SHORTEST_ENHANCED) return false;
  if (!setTime(((<u64>load<u32>(at, 12)) << 32) | load<u32>(at, 16))) return false;
  if (!isWhole(at + ENHANCED_HEADER_BYTES, captured, load<u32>(at, 24), end)) return false;
  next = blockEnd;
  return true;
}

/** False for a time that is none of ours: beyond 2^32 seconds. */
function setTime(tick: u64): bool {
  // Most packets fall into the second of the one before, which needs no division.
  if (tick < knownTick || tick - knownTick >= ticksPerSecond) {
    const second = tick / ticksPerSecond;
    if (second > u32.MAX_VALUE) return false;
    knownSecond = <u32>second;
    knownTick = second * ticksPerSecond;
  }
  seconds = knownSecond;
  nanos = <u32>(tick - knownTick) * nanosPerTick;
  return true;
}

function isWhole(start: usize, captured: u32, original: u32, end: usize): bool {
  frame = start;
  frameEnd = start + captured;
  next = frameEnd;
  return captured == original && captured <= longest && frameEnd <= end;
}
