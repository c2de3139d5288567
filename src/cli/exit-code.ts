// What a run came to -> the process's exit code, by the precedence of docs/errors.md. Pure.

import type { TcpxError } from "../errors.ts";
import type { StopSignal } from "./interrupt.ts";
import { SIGNAL_EXIT_CODES } from "./interrupt.ts";

export const ExitCode = {
  DONE: 0,
  CONDITION_HOLDS: 1,
  WRONG_USAGE: 2,
  INPUT: 3,
  OUTPUT: 4,
  SCRIPT: 5,
  DEFECT: 70,
} as const;

/** Everything that may be wrong at the end of a run; several may hold. */
export interface RunEnding {
  readonly defect: boolean;
  readonly signal: StopSignal | null;
  readonly outputFailed: boolean;
  readonly inputFailed: boolean;
  readonly scriptFailed: boolean;
  /** A condition of `--fail-on` holds. */
  readonly conditionHolds: boolean;
}

/** Which one is given where several hold; a signal stands behind DEFECT (docs/errors.md). */
const PRECEDENCE: readonly number[] = [
  ExitCode.DEFECT,
  ExitCode.OUTPUT,
  ExitCode.INPUT,
  ExitCode.SCRIPT,
  ExitCode.WRONG_USAGE,
  ExitCode.CONDITION_HOLDS,
];

/** 70, 130/143, 4, 3, 5, 1 in this order; 2 has no place here: it is for what was never begun. */
export function exitCodeOf(ending: RunEnding): number {
  if (ending.signal !== null && !ending.defect) return SIGNAL_EXIT_CODES[ending.signal];
  const holds: Readonly<Record<number, boolean>> = {
    [ExitCode.DEFECT]: ending.defect,
    [ExitCode.OUTPUT]: ending.outputFailed,
    [ExitCode.INPUT]: ending.inputFailed,
    [ExitCode.SCRIPT]: ending.scriptFailed,
    [ExitCode.CONDITION_HOLDS]: ending.conditionHolds,
  };
  return PRECEDENCE.find((code) => holds[code] === true) ?? ExitCode.DONE;
}

/** Of several errors, at least one, the one whose exit code is given; the first of equals. */
export function decisiveError(errors: readonly TcpxError[]): TcpxError {
  const rank = ({ exitCode }: TcpxError): number => PRECEDENCE.indexOf(exitCode);
  return errors.reduce((best, error) => (rank(error) < rank(best) ? error : best));
}

/** The exit code of a run that ended by a thrown error with the exit code `thrown`. */
export function exitCodeOfFailure(thrown: number, signal: StopSignal | null): number {
  // nothing was read: the signal came too late to be the reason
  if (thrown === ExitCode.WRONG_USAGE) return thrown;
  if (thrown === ExitCode.DEFECT || signal === null) return thrown;
  return SIGNAL_EXIT_CODES[signal];
}
