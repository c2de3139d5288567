// The packets of chosen flows, from `--pcap-out` and `tcpx slice`: whole original records. Captures that
// can be read again are: the first pass decides about flows, the second one writes, from the first
// packet of each flow on. From a pipe it is written at once, with a bounded memory of what came before.

import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { CaptureInput } from "../capture/capture-input.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import { TcpxError } from "../errors.ts";
import { isAtOrAfter } from "../filter/time-limit.ts";
import type { PacketRecord } from "../output/capture-encoder.ts";
import { captureFormatOf } from "../output/capture-encoder.ts";
import type { CaptureTotals, RecordWriter } from "../output/capture-writer.ts";
import { CaptureWriter } from "../output/capture-writer.ts";
import { FlowCaptures } from "../output/flow-captures.ts";
import { OutputDirectory } from "../output/output-directory.ts";
import { baseName } from "../report/base-names.ts";
import type { SliceReport } from "../report/report.ts";
import type { Engine } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { identityOf } from "./flow-identity.ts";
import { FlowSelection } from "./flow-selection.ts";
import { LiveSlice } from "./live-slice.ts";
import { LoggingSlice, writeLogged } from "./logging-slice.ts";
import { DEFAULT_MEMORY_BYTES } from "./packet-memory.ts";
import type { InputOptions, RunOptions, SliceOptions } from "./run-options.ts";
import type { ScriptStage } from "./script-wiring.ts";
import { SliceCounts } from "./slice-counts.ts";
import type { SliceRecorder } from "./slice-recorder.ts";

interface SliceSurroundings {
  readonly input: CaptureInput;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** The run's output directory, made before; null without one. */
  readonly directory: string | null;
  /** Nothing but the slice is written: where that fails there is no use in going on. */
  readonly isOnlyOutput: boolean;
}

export interface SliceResult {
  readonly report: SliceReport;
  readonly outputError: TcpxError | null;
  readonly inputError: TcpxError | null;
}

/**
 * Makes the output of a slice, and connects it with the engine and with scripts. Closes the input if
 * that fails.
 * @throws TcpxError as `Slice.open`
 */
export async function openSlice(
  asked: SliceOptions,
  options: RunOptions,
  input: CaptureInput,
  engine: Engine,
  engineOptions: EngineOptions,
  scripts: ScriptStage | null,
): Promise<Slice> {
  const directory = options.output?.directory ?? null;
  const isOnlyOutput = options.command === "slice";
  const isScripted = (options.scripts?.length ?? 0) > 0;
  const isRestricted =
    engineOptions.filter !== null ||
    engineOptions.flowNumbers !== null ||
    asked.withStatus !== undefined ||
    asked.marked === true;
  // `slice` with rules writes what they let pass; anywhere else scripts mark what is wanted.
  const chosen: SliceOptions = {
    ...asked,
    marked: asked.marked ?? (isScripted && !isOnlyOutput),
    passesOther: asked.passesOther ?? (isScripted && isOnlyOutput && !isRestricted),
  };
  const surroundings = { input, engine, engineOptions, directory, isOnlyOutput };
  const slice = await Slice.open(chosen, surroundings).catch(async (error: unknown) => {
    await input.close();
    throw error;
  });
  engine.recorder = slice.recorder;
  if (scripts !== null) {
    const { host } = scripts;
    host.marker = slice.recorder;
    host.injector = slice.recorder;
    slice.recorder.gate = host;
  }
  return slice;
}

export class Slice {
  /** What the engine tells; scripts mark and inject through it. */
  readonly recorder: SliceRecorder;
  readonly #options: SliceOptions;
  readonly #input: CaptureInput;
  readonly #writer: RecordWriter;
  readonly #selection: FlowSelection;

  private constructor(
    options: SliceOptions,
    input: CaptureInput,
    writer: RecordWriter,
    selection: FlowSelection,
    recorder: SliceRecorder,
  ) {
    this.#options = options;
    this.#input = input;
    this.#writer = writer;
    this.#selection = selection;
    this.recorder = recorder;
  }

  /**
   * Makes the output, so that what is wrong with it is said before anything is read.
   * @throws TcpxError BAD_OPTION, OUTPUT_EXISTS, OUTPUT_NOT_EMPTY, OUTPUT_NOT_A_DIRECTORY,
   * OUTPUT_NOT_WRITABLE
   */
  static async open(options: SliceOptions, surroundings: SliceSurroundings): Promise<Slice> {
    const { input, engine, engineOptions } = surroundings;
    const { writer, flowCaptures } = await openWriters(options, surroundings);
    const selection = new FlowSelection({
      marked: options.marked ?? false,
      status: options.withStatus ?? 0,
    });
    const { vlanLayers } = engine.decoder;
    const rules = {
      selection,
      direction: options.direction ?? "both",
      wantsOther: options.passesOther === true ? otherPackets(engineOptions) : null,
      onFlow:
        flowCaptures === null
          ? null
          : (flow: Parameters<typeof identityOf>[0]) =>
              flowCaptures.name(identityOf(flow, vlanLayers)),
    };
    // A size is known of regular files only; those can be read again.
    const isReadTwice = input.files.every(({ size }) => size !== null);
    const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    const recorder = isReadTwice
      ? new LoggingSlice(rules)
      : new LiveSlice(rules, writer, memoryBytes, surroundings.isOnlyOutput);
    recorder.inHand = engine.tracker.flow;
    return new Slice(options, input, writer, selection, recorder);
  }

  /** Takes back what was made: the run came to nothing. */
  abandon(): void {
    this.#writer.abandon();
  }

  /**
   * The second pass, where there is one, and the end of the output. All flows have ended. A run that was
   * interrupted in the first pass still gets what it had read then.
   */
  async finish(options: InputOptions, signal: AbortSignal | null): Promise<SliceResult> {
    const { recorder } = this;
    const isLive = recorder instanceof LiveSlice;
    let counts = isLive ? recorder.counts : new SliceCounts();
    let inputError: TcpxError | null = null;
    if (recorder instanceof LoggingSlice && recorder.log.last > 0) {
      const again = signal?.aborted === true ? null : signal;
      try {
        counts = await this.#secondPass(recorder, options, again);
      } catch (error) {
        if (!(error instanceof TcpxError) || error.code === "INTERNAL") throw error;
        inputError = error;
      }
      if (counts.unread > 0) inputError ??= changed(counts.unread);
    }
    const totals = await this.#writer.finish();
    return {
      report: this.#reportOf(counts, totals, isLive),
      outputError: totals.error,
      inputError,
    };
  }

  async #secondPass(
    recorder: LoggingSlice,
    options: InputOptions,
    signal: AbortSignal | null,
  ): Promise<SliceCounts> {
    // The same files in the same order; what is wrong with them was said in the first pass.
    const input = await CaptureInput.open(
      this.#input.files.map(({ path }) => path),
      {
        ...(options.reader === undefined ? {} : { reader: options.reader }),
        ...(options.maxExpansion === undefined ? {} : { maxExpansion: options.maxExpansion }),
      },
    );
    try {
      return await writeLogged(input, recorder.log, this.#selection, this.#writer, signal);
    } finally {
      await input.close();
    }
  }

  #reportOf(counts: SliceCounts, totals: CaptureTotals, isLive: boolean): SliceReport {
    const { file, perFlow } = this.#options;
    const { packets, flows, forged, forgotten } = counts;
    return {
      file: file === undefined ? null : baseName(file),
      dir: perFlow === undefined ? null : baseName(perFlow),
      files: totals.files,
      bytes: totals.bytes,
      packets,
      flows,
      forged,
      forgotten,
      passes: isLive ? 1 : 2,
    };
  }
}

function changed(packets: number): TcpxError {
  return new TcpxError(
    "READ_FAILED",
    `the captures changed while they were read: the second pass came to its end ${packets} packets early, ` +
      `so the slice is not complete`,
  );
}

/** Packets of no flow that pass: all within the time limits and the program of `--bpf`. */
function otherPackets({ after, before, bpf }: EngineOptions): (packet: PacketCursor) => boolean {
  return (packet) => {
    const { seconds, nanos } = packet;
    if (after !== null && !isAtOrAfter(seconds, nanos, after)) return false;
    if (before !== null && isAtOrAfter(seconds, nanos, before)) return false;
    return bpf === null || bpf.matches(packet);
  };
}

// --- outputs -------------------------------------------------------------------------------------

async function openWriters(
  options: SliceOptions,
  { input, directory }: SliceSurroundings,
): Promise<{ writer: RecordWriter; flowCaptures: FlowCaptures | null }> {
  const { file, perFlow, force = false } = options;
  const { interfaces } = input;
  const format = file === undefined || file === "-" ? "pcap" : captureFormatOf(file);
  let flowCaptures: FlowCaptures | null = null;
  if (perFlow !== undefined) {
    if (directory !== null && placeOf(directory) === placeOf(perFlow)) {
      throw new TcpxError(
        "BAD_OPTION",
        `--pcap-per-flow ${perFlow}: is the directory of -o; give one of its own`,
        { file: perFlow },
      );
    }
    const prepared = await OutputDirectory.prepare(perFlow, { force });
    flowCaptures = new FlowCaptures(prepared, format, interfaces);
  }
  const writers: RecordWriter[] = flowCaptures === null ? [] : [flowCaptures];
  if (file !== undefined) {
    const inputs = input.files.map(({ path }) => path);
    const { standardOutput } = options;
    writers.push(CaptureWriter.open({ path: file, force, inputs, interfaces, standardOutput }));
  }
  const [first] = writers;
  if (first === undefined) {
    throw new TcpxError("BAD_OPTION", "a slice needs a file or a directory to be written to");
  }
  return { writer: writers.length === 1 ? first : new WriterGroup(writers), flowCaptures };
}

/** The real path, also of what is not there yet but whose parent is. */
function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const whole = resolve(path);
    const parent = dirname(whole);
    return parent === whole ? whole : resolve(placeOf(parent), basename(whole));
  }
}

/** One file of all and one a flow. */
class WriterGroup implements RecordWriter {
  readonly #writers: readonly RecordWriter[];

  constructor(writers: readonly RecordWriter[]) {
    this.#writers = writers;
  }

  write(record: PacketRecord, flow: number, isFurther: boolean): void {
    for (const writer of this.#writers) writer.write(record, flow, isFurther);
  }

  /** Only once nobody takes anything any more. */
  get failed(): boolean {
    return this.#writers.every(({ failed }) => failed);
  }

  async flush(): Promise<void> {
    for (const writer of this.#writers) await writer.flush();
  }

  async finish(): Promise<CaptureTotals> {
    const all: CaptureTotals[] = [];
    for (const writer of this.#writers) all.push(await writer.finish());
    return {
      files: all.reduce((sum, { files }) => sum + files, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      error: all.find(({ error }) => error !== null)?.error ?? null,
    };
  }

  abandon(): void {
    for (const writer of this.#writers) writer.abandon();
  }
}
