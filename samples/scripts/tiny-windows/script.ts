// Raises an alarm for connections whose receiver lets its sender send almost nothing (a tiny window), and
// marks them, so that `--pcap-out` holds all their packets. TypeScript, without a build step.

interface Engine {
  readonly args: Readonly<Record<string, string>>;
  counter(name: string): { add(amount?: number): void };
}

interface Stream {
  readonly windowScale: number | null;
}

interface Flow {
  readonly id: number;
  readonly c2s: Stream;
  readonly s2c: Stream;
  tag(text: string): void;
  mark(): void;
  alert(alert: { key: string; priority?: number; message: string }): void;
}

interface Packet {
  readonly flags: string;
  readonly window: number;
}

/** Tiny windows seen so far, by flow. */
const seen = new Map<number, number>();

export default {
  onPacket(engine: Engine, _time: unknown, flow: Flow, direction: "c2s" | "s2c", packet: Packet) {
    if (/[SR]/.test(packet.flags)) return;
    const limit = Number(engine.args["octets"] ?? 64);
    const window = packet.window * 2 ** (flow[direction].windowScale ?? 0);
    if (window > limit) return;
    const count = (seen.get(flow.id) ?? 0) + 1;
    seen.set(flow.id, count);
    engine.counter("tiny windows").add();
    if (count !== Number(engine.args["count"] ?? 5)) return;
    flow.tag("tiny window");
    flow.mark();
    flow.alert({
      key: "tiny-window",
      priority: 2,
      message: `the receiver's window was ${window} octets or less for ${count} packets`,
    });
  },

  onTerminateFlow(_engine: Engine, _time: unknown, flow: Flow) {
    seen.delete(flow.id);
  },
};
