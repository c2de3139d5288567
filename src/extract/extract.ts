// A whole run for library and command line: opens the captures and the output, runs the engine, closes
// everything, builds the report and asserts its identities. The only module that knows every stage.

import { CaptureInput } from "../capture/capture-input.ts";
import { OctetMemory } from "../memory/octet-memory.ts";
import { FileThread } from "../output/thread/file-thread.ts";
import { TcpxError } from "../errors.ts";
import type { Warning } from "../errors.ts";
import { NANOS_PER_SECOND } from "../flow/capture-clock.ts";
import { openSink, poolBytes } from "./open-sink.ts";
import type { OpenedSink } from "./open-sink.ts";
import { buildReport } from "../report/build-report.ts";
import { CaptureTotals } from "../report/capture-totals.ts";
import { checkIdentities } from "../report/identities.ts";
import type { Report } from "../report/report.ts";
import { VERSION } from "../version.ts";
import { Engine } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "./engine-options.ts";
import type { RunOptions, RunResult } from "./run-options.ts";
import { PacketAccounts } from "./packet-accounts.ts";
import { RecorderGroup } from "./packet-recorder.ts";
import type { PacketRecorder } from "./packet-recorder.ts";
import type * as ScriptWiring from "./script-wiring.ts";
import type { ScriptStage } from "./script-wiring.ts";
import type { Slice } from "./slice.ts";

/** Octets of captures for each live flow that tables are laid out for; a pipe is taken to be as long as this. */
const OCTETS_A_FLOW = 2048;
const UNKNOWN_SIZE = 256 * 1024 * 1024;
const LEAST_FLOWS = 4096;
const MOST_FLOWS = 1024 * 1024;

/** Octets of captures for which a thread of the run's own pays: it takes some 50 ms to be there. */
const DEFAULT_THREAD_FROM = 64 * 1024 * 1024;

/** With more live flows than these, memory is for their tables and not for large blocks of the capture. */
const FEW_FLOWS = 8192;

/** Warnings that a report lists; the rest is only counted. */
const MOST_WARNINGS = 1000;

/**
 * Reads captures and writes their streams, or, without `output`, only reports (`stats`). Cancellable by
 * `signal`; several runs may go on in one process.
 * @throws TcpxError OUTPUT_NOT_EMPTY, OUTPUT_NOT_A_DIRECTORY, OUTPUT_NOT_WRITABLE; NO_SUCH_FILE,
 *   NO_CAPTURES, NOT_A_CAPTURE, READ_FAILED where no capture could be read; INTERNAL
 * @throws AggregateError of both errors where reading failed and then the ending of the flows as well
 */
export async function extract(options: RunOptions): Promise<RunResult> {
  const clock = options.now ?? (() => 0);
  const begin = clock();
  const warnings: KnownWarnings = { listed: [], notListed: 0 };
  const live: LiveFlows = { flows: () => 0 };
  const output = options.output ?? null;
  const scripting = hasScripts(options) ? await import("./script-wiring.ts") : null;
  const scripts = scripting === null ? [] : await scripting.loadScripts(options);
  const input = await CaptureInput.open(options.captures, {
    ...options,
    // Where files are written, whoever does that keeps the other processor busy.
    ...(output === null ? { mayReadAhead: () => live.flows() < FEW_FLOWS } : {}),
    onWarning: (warning) => {
      if (warnings.listed.length < MOST_WARNINGS) warnings.listed.push(warning);
      else warnings.notListed++;
      options.onWarning?.(warning);
    },
  });
  const engineOptions: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...withoutAbsent(options) };
  // Blocks of the capture, buffers of the sink and what packets are looked up in lie in one ArrayBuffer: the fast
  // path reaches all of it. Scripts see each packet, so that runs with them have no use for it.
  const flows = scripting === null ? expectedFlows(input, engineOptions.maxFlows) : 0;
  const threadFrom = options.threadFrom ?? DEFAULT_THREAD_FROM;
  const isShared = output !== null && scripting === null && knownOctets(input) >= threadFrom;
  const memory = new OctetMemory(poolBytes(output) + input.blockMemoryBytes, flows, isShared);
  const thread = isShared ? FileThread.start(memory) : null;
  input.layBlocks(memory.octets.subarray(poolBytes(output)));
  const opened = { options, engineOptions, scripting, scripts, input, memory, thread };
  try {
    return await runWith({ ...opened, warnings, live }, clock, begin);
  } finally {
    thread?.close();
  }
}

/** What a run works with, open. */
interface RunParts {
  readonly options: RunOptions;
  readonly engineOptions: EngineOptions;
  readonly scripting: typeof ScriptWiring | null;
  readonly scripts: Awaited<ReturnType<typeof ScriptWiring.loadScripts>>;
  readonly input: CaptureInput;
  readonly memory: OctetMemory;
  readonly thread: FileThread | null;
  readonly warnings: KnownWarnings;
  readonly live: LiveFlows;
}

/** How many flows are live, for who is open before the engine. */
interface LiveFlows {
  flows: () => number;
}

/** Warnings of the input so far. */
interface KnownWarnings {
  readonly listed: Warning[];
  notListed: number;
}

/** `clock` in milliseconds, `begin` when it all began. */
async function runWith(
  { options, engineOptions, scripting, scripts, input, memory, thread, warnings, live }: RunParts,
  clock: () => number,
  begin: number,
): Promise<RunResult> {
  const output = options.output ?? null;
  const pool = memory.octets.subarray(0, poolBytes(output));
  let opened: OpenedSink;
  try {
    opened = await openSink(output, pool, thread, options.sink);
  } catch (error) {
    await input.close();
    throw error;
  }
  const stage = scripting?.openScripts(scripts, options, opened.sink) ?? null;
  const sink = stage?.sink ?? opened.sink;
  const engine = new Engine(engineOptions, sink, options.onFlow ?? null, memory);
  live.flows = () => engine.tracker.table.store.live;
  options.onStart?.(() => ({
    bytesRead: input.files.reduce((sum, file) => sum + file.bytesRead, 0),
    totalBytes: input.files.some((file) => file.size === null)
      ? null
      : input.files.reduce((sum, file) => sum + file.size!, 0),
    packets: engine.packets.packets,
    liveFlows: live.flows(),
  }));
  const signal = options.signal ?? null;
  const slice = await openSliceOf(options, input, engine, engineOptions, stage);
  const accounts =
    opened.directory !== null && output?.flowLog === true
      ? new PacketAccounts(opened.directory, engine.decoder.vlanLayers)
      : null;
  if (accounts !== null) addRecorder(engine, accounts);
  await stage?.start(engine);
  let failure: TcpxError | null;
  try {
    failure = await runEngine(engine, input, signal);
  } catch (error) {
    await stage?.host.finish();
    slice?.abandon();
    throw error;
  }
  await input.close();
  const elapsedMs = clock() - begin;
  const written = await sink.finish();
  // Behind the last handlers of scripts, which may still mark a flow.
  const sliced = slice === null ? null : await slice.finish(options, signal);
  const streamsError = written.error === null ? null : asTcpxError(written.error);
  const accountsError = accounts?.finish() ?? null;
  const outputError = streamsError ?? accountsError ?? sliced?.outputError ?? null;
  const interrupted = signal?.aborted === true;
  const memoryUsed = options.memory?.() ?? { peakBytes: 0, machineBytes: 0 };
  const inputErrors =
    failure === null || input.errors.includes(failure)
      ? [...input.errors]
      : [...input.errors, failure];
  if (sliced !== null && sliced.inputError !== null) inputErrors.push(sliced.inputError);
  const report = buildReport({
    version: VERSION,
    run: {
      command: options.command ?? (options.output ? "extract" : "stats"),
      elapsedSec: milliseconds(elapsedMs),
      unloadedSec: milliseconds(clock() - begin),
      memoryBytes: memoryUsed.peakBytes,
      machineMemoryBytes: memoryUsed.machineBytes,
      interrupted,
      checksums: engineOptions.checksums,
      overlap: engineOptions.overlap,
      vlan: engineOptions.vlan,
    },
    files: input.files,
    interfaces: input.interfaces,
    errors: inputErrors.map(({ file, code, message }) => ({ file: file ?? null, code, message })),
    warnings: warnings.listed,
    warningsNotListed: warnings.notListed,
    capture: captureTotals(engine),
    decode: engine.decoder.counters,
    outcomes: engine.outcomes,
    tcpSegments: engine.packets.tcpSegments,
    checksum: {
      ok: engine.packets.checksumsGood,
      bad: engine.packets.checksumsBad,
      unverifiable: engine.packets.checksumsUnverifiable,
      refused: engine.packets.checksumsRefused,
    },
    packetsWithoutFlow: engine.packets.withoutFlow,
    flows: engine.settledTotals(),
    timeouts: engineOptions.timeouts,
    ...(stage === null ? {} : { script: stage.host.report }),
    output: {
      path: opened.path,
      files: written.files,
      bytes: written.bytes,
      error: outputError === null ? null : { code: outputError.code, message: outputError.message },
    },
    ...(sliced === null ? {} : { slice: sliced.report }),
  });
  assertIdentities(report, engine);
  const reportError = await writeReport(opened, report);
  return {
    report,
    inputErrors,
    outputError: outputError ?? reportError,
    scriptErrors: stage?.host.errors ?? [],
    interrupted,
  };
}

/**
 * Live flows to have tables for, a power of two: as many as captures of this size have unless they are mostly
 * handshakes. More are no error, they are only slower.
 */
function expectedFlows(input: CaptureInput, maxFlows: number): number {
  const octets = input.files.reduce((sum, { size }) => sum + (size ?? UNKNOWN_SIZE), 0);
  const flows = Math.max(LEAST_FLOWS, Math.min(maxFlows, MOST_FLOWS, octets / OCTETS_A_FLOW));
  return 2 ** Math.ceil(Math.log2(flows));
}

/** Octets of all files whose size is known. */
function knownOctets(input: CaptureInput): number {
  return input.files.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

/** Scripts, as slices, are loaded where there are any: together they are a fifth of the program. */
function hasScripts({ scripts = [], attributes = false }: RunOptions): boolean {
  return scripts.length > 0 || attributes;
}

async function openSliceOf(
  options: RunOptions,
  input: CaptureInput,
  engine: Engine,
  engineOptions: EngineOptions,
  stage: ScriptStage | null,
): Promise<Slice | null> {
  const asked = options.slice ?? null;
  if (asked === null) return null;
  const { openSlice } = await import("./slice.ts");
  return openSlice(asked, options, input, engine, engineOptions, stage);
}

/** Tells one more recorder of each packet. */
function addRecorder(engine: Engine, recorder: PacketRecorder): void {
  const first = engine.recorder;
  engine.recorder = first === null ? recorder : new RecorderGroup([first, recorder]);
}

/** Writes the report's files; what went wrong is an error of the output, and the report is not lost. */
async function writeReport(opened: OpenedSink, report: Report): Promise<TcpxError | null> {
  try {
    await opened.writeReport(report);
    return null;
  } catch (error) {
    if (error instanceof TcpxError && error.code !== "INTERNAL") return error;
    throw error;
  }
}

/** The error that ended the reading, or null: what was read before it is reported all the same. */
async function runEngine(
  engine: Engine,
  input: CaptureInput,
  signal: AbortSignal | null,
): Promise<TcpxError | null> {
  try {
    await engine.run(input, signal);
    return null;
  } catch (error) {
    // Where the flows could not be ended either, they are in no sum, and there is nothing true to report.
    if (!(error instanceof TcpxError) || error.code === "INTERNAL") throw error;
    // Nothing was a capture: there is nothing to report.
    if (engine.packets.packets === 0 && input.errors.includes(error)) throw error;
    return error;
  }
}

function captureTotals(engine: Engine): CaptureTotals {
  const { packets, clock } = engine;
  const totals = new CaptureTotals();
  totals.packets = packets.packets;
  totals.capturedBytes = packets.capturedBytes;
  totals.wireBytes = packets.wireBytes;
  totals.snappedPackets = packets.snappedPackets;
  totals.snappedBytes = packets.snappedBytes;
  totals.firstSeconds = clock.lowestSeconds;
  totals.firstNanos = clock.lowestNanos;
  totals.lastSeconds = clock.highestSeconds;
  totals.lastNanos = clock.highestNanos;
  totals.timestampsBackwards = clock.backwards;
  totals.maxStepBackSeconds = Math.floor(clock.largestBackwardsNanos / NANOS_PER_SECOND);
  totals.maxStepBackNanos = clock.largestBackwardsNanos % NANOS_PER_SECOND;
  totals.timestampsIgnored = clock.ignoredSteps;
  return totals;
}

/** A violation is a defect of tcpx, never of a capture: exit code 70. */
function assertIdentities(report: Report, engine: Engine): void {
  const violations = checkIdentities(report);
  const { payloadBytes } = engine.packets;
  if (payloadBytes !== report.payload.capturedBytes) {
    violations.push(
      `payload of the packets ${payloadBytes} = payload of the flows ${report.payload.capturedBytes}`,
    );
  }
  if (violations.length === 0) return;
  throw new TcpxError("INTERNAL", `the books do not balance: ${violations.join("; ")}`);
}

function asTcpxError(error: Error): TcpxError {
  return error instanceof TcpxError
    ? error
    : new TcpxError("WRITE_FAILED", error.message, { cause: error });
}

/** Options that are there but undefined must not hide the defaults. */
function withoutAbsent(options: RunOptions): Partial<EngineOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) => name in DEFAULT_ENGINE_OPTIONS && value !== undefined,
    ),
  );
}

function milliseconds(value: number): number {
  return Math.round(value) / 1000;
}
