// Many random connections, interleaved in one capture, through the whole engine; each held against the
// slow twin. Ports are used again once a connection has ended, and shared between VLANs.

import type { BuiltPacket } from "../support/capture-builder.ts";
import { RandomConnection } from "../support/random-connection.ts";
import type { Direction, Roughness, SentPacket } from "../support/random-connection.ts";
import type { RandomSource } from "../support/random-source.ts";
import { runEngine } from "../support/run-engine.ts";
import type { EngineRun } from "../support/run-engine.ts";
import { SlowTwin } from "../support/slow-twin.ts";
import type { TwinStream } from "../support/slow-twin.ts";

const DIRECTIONS: readonly Direction[] = ["c2s", "s2c"];
const LONGEST_STREAM = 400;

/** Nothing, a little or much of each kind of trouble. */
export function randomRoughness(random: RandomSource): Roughness {
  const some = () => random.pick([0, 0, 0.05, 0.3]);
  return {
    loss: some(),
    depth: random.pick([0, 0, 1, 3, 10, 50]),
    duplication: some(),
    overlap: some(),
    conflict: some(),
    cut: some(),
    damage: some(),
    probe: some(),
    handshakeLoss: random.pick([0, 0, 0.3, 1]),
    wildAcks: some(),
  };
}

/** ISNs anywhere, often just before 2^32. */
function randomIsn(random: RandomSource): number {
  return random.chance(0.4) ? 2 ** 32 - 1 - random.below(LONGEST_STREAM) : random.word();
}

function randomConnection(random: RandomSource, place: number): RandomConnection {
  const length = () => (random.chance(0.2) ? 0 : random.below(LONGEST_STREAM));
  const settings = {
    clientPort: 20_000 + place,
    vlans: random.chance(0.3) ? [{ id: 1 + random.below(4094) }] : [],
    isn: { c2s: randomIsn(random), s2c: randomIsn(random) },
    streams: { c2s: random.octets(length()), s2c: random.octets(length()) },
  };
  return new RandomConnection(random, settings, randomRoughness(random));
}

/** The same key, sequence numbers far from the ones before, its SYN captured. */
function successorOf(random: RandomSource, earlier: RandomConnection): RandomConnection {
  const { settings } = earlier;
  const far = () => random.between(2 ** 20, 2 ** 31);
  const isn = {
    c2s: (settings.isn.c2s + far()) % 2 ** 32,
    s2c: (settings.isn.s2c + far()) % 2 ** 32,
  };
  const roughness = { ...randomRoughness(random), handshakeLoss: 0 };
  const streams = { c2s: random.octets(100), s2c: random.octets(random.below(200)) };
  return new RandomConnection(random, { ...settings, isn, streams }, roughness);
}

interface Expected {
  readonly connection: RandomConnection;
  readonly twin: SlowTwin;
}

/** Packets of many connections in one capture, and the twins that took them, in the order of flows. */
export interface Interleaved {
  readonly capture: BuiltPacket[];
  readonly expected: Expected[];
}

/** Runs `count` connections; what differs from the twin, a line each. */
export async function compareConnections(random: RandomSource, count: number): Promise<string[]> {
  const { capture, expected } = interleavedConnections(random, count);
  const run = await runEngine(capture, { checksums: "verify", timeouts: null });
  return differences(run, expected);
}

export function interleavedConnections(random: RandomSource, count: number): Interleaved {
  const lanes: { connection: RandomConnection; packets: SentPacket[] }[][] = [];
  for (let i = 0; i < count;) {
    const connection = randomConnection(random, lanes.length);
    const lane = [{ connection, packets: connection.packets() }];
    i++;
    for (; i < count && random.chance(0.2); i++) {
      const successor = successorOf(random, lane.at(-1)!.connection);
      lane.push({ connection: successor, packets: successor.packets() });
    }
    lanes.push(lane);
  }
  const queues = lanes.map((lane) =>
    lane.flatMap(({ connection, packets }) => packets.map((packet) => ({ connection, packet }))),
  );
  const capture: BuiltPacket[] = [];
  const expected: Expected[] = [];
  const twins = new Map<RandomConnection, SlowTwin>();
  const heads = queues.map(() => 0);
  const live = queues.map((_queue, lane) => lane).filter((lane) => queues[lane]!.length > 0);
  while (live.length > 0) {
    const index = random.below(live.length);
    const lane = live[index]!;
    const { connection, packet } = queues[lane]![heads[lane]!++]!;
    if (heads[lane] === queues[lane]!.length) live.splice(index, 1);
    const micros = capture.length;
    const seconds = 1000 + Math.floor(micros / 1_000_000);
    capture.push(connection.build(packet, seconds, (micros % 1_000_000) * 1000));
    let twin = twins.get(connection);
    if (twin === undefined) {
      // A segment that is refused opens no flow.
      if (packet.isBad) continue;
      twin = new SlowTwin();
      twins.set(connection, twin);
      expected.push({ connection, twin });
    }
    twin.take(packet);
  }
  return { capture, expected };
}

function differences(run: EngineRun, expected: readonly Expected[]): string[] {
  const faults: string[] = [];
  if (run.flows.length !== expected.length) {
    faults.push(`${run.flows.length} flows instead of ${expected.length}`);
    return faults;
  }
  for (const [i, { twin }] of expected.entries()) {
    for (const direction of DIRECTIONS) {
      for (const fault of streamDifferences(run, i + 1, direction, twin.end(direction))) {
        faults.push(`flow ${i + 1} ${direction}: ${fault}`);
      }
    }
  }
  return faults;
}

function streamDifferences(
  run: EngineRun,
  flow: number,
  direction: Direction,
  twin: TwinStream,
): string[] {
  const faults: string[] = [];
  const summary = run.flows[flow - 1]![direction];
  const check = (name: string, found: unknown, wanted: unknown) => {
    const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (one !== other) faults.push(`${name} ${one} instead of ${other}`);
  };
  check("streamBytes", summary.streamBytes, twin.streamBytes);
  check("finUnseen", summary.finUnseen, twin.finUnseen);
  check("gaps", summary.gaps, twin.gaps);
  for (const [name, count] of Object.entries(twin.counts)) {
    check(name, (summary as unknown as Record<string, number>)[name], count);
  }
  const octets = run.sink.octetsOf(flow, direction);
  check("octets", octets.size, twin.octets.size);
  for (const [at, octet] of twin.octets) {
    if (octets.get(at) === octet) continue;
    check(`octet ${at}`, octets.get(at), octet);
    break;
  }
  return faults;
}
