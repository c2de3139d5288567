// One command line being carried out: what its command works with, and what it leaves behind.

import type { GlobalFlags } from "./global-flags.ts";
import type { Messages } from "./messages.ts";
import type { Session } from "./session.ts";

export interface Invocation {
  readonly session: Session;
  readonly flags: GlobalFlags;
  readonly messages: Messages;
  /** Set by the command that ran. */
  exitCode: number;
  /** Errors that scripts threw where nobody catches them. */
  strayScriptErrors: number;
}
