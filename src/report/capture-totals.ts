// What a run counts of packets before they are decoded; plain numbers, filled once a packet by the
// engine, read by the report at the end.

export class CaptureTotals {
  /** Packets read, and their octets captured and on the wire. */
  packets = 0;
  capturedBytes = 0;
  wireBytes = 0;
  /** Packets whose captured length is below their original length, and the octets cut off. */
  snappedPackets = 0;
  snappedBytes = 0;
  /** Lowest and highest capture time (tcp.md §5.7); without meaning while `packets` is 0. */
  firstSeconds = 0;
  firstNanos = 0;
  lastSeconds = 0;
  lastNanos = 0;
  /** Packets whose time lies before their predecessor's, and the largest such step. */
  timestampsBackwards = 0;
  maxStepBackSeconds = 0;
  maxStepBackNanos = 0;
  /** Forward steps of more than an hour that no second packet confirmed (tcp.md §5.1). */
  timestampsIgnored = 0;
}
