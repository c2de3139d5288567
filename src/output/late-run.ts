// Tells a single late segment from a hole of the file that is being filled in order. The first goes right
// to the file; the second is worth a window, though the one at the stream's head has to leave for it.

export class LateRun {
  #stream = 0;
  #next = 0;
  #windowEnd = 0;

  /** Octets were written into a hole up to `end`, past the window that ends at `windowEnd`. */
  note(stream: number, end: number, windowEnd: number): void {
    this.#stream = stream;
    this.#next = end;
    this.#windowEnd = windowEnd;
  }

  /** True if the position follows the last such write and nothing came in order since. */
  goesOn(stream: number, position: number, windowEnd: number): boolean {
    return stream === this.#stream && position === this.#next && windowEnd === this.#windowEnd;
  }
}
