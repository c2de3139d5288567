// What a slice wrote, for the report.

export class SliceCounts {
  /** Packets written, those that scripts forged included. */
  packets = 0;
  /** Flows with a packet among them. */
  flows = 0;
  forged = 0;
  /** Packets of chosen flows that were not remembered any more when the reason came. */
  forgotten = 0;
  /** Packets that the second pass did not find any more. */
  unread = 0;
}
