// The library: all that the command line does, without the terminal. No global state; a run can be cancelled
// by an AbortSignal, and several may go on in one process.

export { extract } from "./extract/extract.ts";
export type {
  InputOptions,
  OutputOptions,
  Progress,
  RunOptions,
  RunResult,
  SliceOptions,
} from "./extract/run-options.ts";
export { DEFAULT_ENGINE_OPTIONS, ENGINE_CHOICES } from "./extract/engine-options.ts";
export type { EngineOptions } from "./extract/engine-options.ts";
export { DEFAULT_TIMEOUTS } from "./flow/timeouts.ts";
export type { Timeouts } from "./flow/timeouts.ts";

export { open } from "./extract/step.ts";
export type {
  EndEvent,
  FlowEndedEvent,
  FlowOpenedEvent,
  GapEvent,
  OctetsEvent,
  OpenRunOptions,
  PacketEvent,
  StepEvent,
} from "./extract/step.ts";
export { DEFAULT_STREAM_LIMIT, getStreams } from "./extract/get-streams.ts";
export type { GetStreamsOptions } from "./extract/get-streams.ts";
export type { CollectedFlow } from "./output/collecting-sink.ts";
export type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "./output/stream-sink.ts";
export { NO_STREAM } from "./output/stream-sink.ts";

export { openCapture } from "./extract/open-capture.ts";
export { PacketCursor } from "./capture/packet-cursor.ts";
export type { PacketPosition } from "./capture/packet-cursor.ts";
export type { CaptureInput, CaptureInputOptions } from "./capture/capture-input.ts";
export type { CaptureFile, CaptureInterface, CaptureReader } from "./capture/capture-reader.ts";

export { parseFlowFilter } from "./filter/flow-filter.ts";
export type { FlowFilter } from "./filter/flow-filter.ts";
export type { FlowEndpoints } from "./filter/flow-endpoints.ts";
export { parseBpfProgram } from "./filter/bpf.ts";
export type { BpfProgram } from "./filter/bpf.ts";
export { parseFlowNumbers } from "./filter/flow-numbers.ts";
export type { FlowNumbers } from "./filter/flow-numbers.ts";
export { parseTimeLimit } from "./filter/time-limit.ts";
export type { TimeLimit } from "./filter/time-limit.ts";

export { formatReport } from "./report/format-report.ts";
export type { FormatOptions } from "./report/format-report.ts";
export type { ReportPainter } from "./report/report-painter.ts";
export { GAP_CAUSES, REPORT_SCHEMA } from "./report/report.ts";
export type { GapCause, Report, SliceReport } from "./report/report.ts";
export { FLOW_ENDS, FLOW_SCHEMA } from "./report/flow-summary.ts";
export type { FlowEnd, FlowSummary, Gap, StreamSummary } from "./report/flow-summary.ts";
export { explainFlow } from "./extract/explain-flow.ts";
export type { ExplainOptions, FlowExplanation } from "./extract/explain-flow.ts";
export { explainStatusWord } from "./report/explain.ts";
export {
  STATUS_ENTRIES,
  StatusBit,
  decodeStatusWord,
  formatStatusWord,
  parseStatusWord,
} from "./report/status-word.ts";
export type { StatusEntry } from "./report/status-word.ts";

export { communityId } from "./flow/community-id.ts";
export type { CommunityIdEndpoint } from "./flow/community-id.ts";
export { ERROR_CODES, TcpxError } from "./errors.ts";
export type { ErrorCode, ErrorDetails, Warning, WarningCode, WarningListener } from "./errors.ts";
export { VERSION } from "./version.ts";

export { defineScript, rule, ruleGroup } from "./script/define-script.ts";
export { messages } from "./script/messages.ts";
export type { MessageLoss, MessageOptions } from "./script/messages.ts";
export { detectHttp, findHttp, httpMessages } from "./script/http-messages.ts";
export type { CaptureTime } from "./script/capture-time.ts";
export type {
  AlertFields,
  Direction,
  Endpoint,
  FlowEvent,
  LogLevel,
  PayloadBuffer,
  PlainRule,
  Reader,
  ReaderEnd,
  Rule,
  RuleArguments,
  RuleEvent,
  RuleGroup,
  RuleGroupOf,
  Script,
  ScriptCounter,
  ScriptEngine,
  ScriptFlow,
  ScriptHandlers,
  ScriptPacket,
  ScriptStream,
  StreamedRule,
} from "./script/script-api.ts";
export type { ReadGap, ReadResult, SkipResult, UntilResult } from "./script/read-result.ts";
