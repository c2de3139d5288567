// Names of stream files: made from a template of fields, and recognised again in a later run. The same
// template serves both, so that `--force` removes exactly what could have been made with it.
//
//     000002-10.0.0.1.40002-10.0.0.2.80.s2c          the default, and in groups of a thousand flows:
//     000001/000002-10.0.0.1.40002-10.0.0.2.80.s2c
//
// A name holds nothing of the traffic but addresses, ports, VLAN ids and times, and only characters that
// Windows, macOS and Linux allow. Runs once a stream, never once a packet.

import { TcpxError } from "../errors.ts";
import { timeText } from "../report/time-format.ts";
import type { FlowIdentity } from "./stream-sink.ts";

export const DEFAULT_TEMPLATE =
  "{flow}-{client}.{clientPort}-{server}.{serverPort}.{direction}" as const;

/** What may follow the name of a stream's file. */
export const SIDE_SUFFIXES = {
  gaps: ".gaps.jsonl",
  index: ".index.jsonl",
  conflicts: ".conflicts.jsonl",
} as const;
export type SideKind = keyof typeof SIDE_SUFFIXES;

/** Stands for {direction} in the name of a file about both directions, and what follows that name. */
const FLOW_WORD = "flow";
export const FLOW_SUFFIXES = { pcap: ".pcap", pcapng: ".pcapng", packets: ".tsv" } as const;
export type FlowKind = keyof typeof FLOW_SUFFIXES;

/** Follows the name of a file while it is written, where it takes its name by rename. */
export const PART_SUFFIX = ".part";

const FLOW_DIGITS = 6;
const MAX_VLANS_IN_NAME = 8;
/** Octets of a name on every file system in use, less room for the longest suffixes. */
const MAX_NAME_LENGTH = 255 - ".conflicts.jsonl".length - PART_SUFFIX.length;
const MAX_TEMPLATE_LENGTH = 200;

type DirectionWord = "c2s" | "s2c" | typeof FLOW_WORD;

interface Field {
  readonly text: (identity: FlowIdentity, direction: DirectionWord) => string;
  /** Matches every text that `text` gives; holds no group that backtracks into another. */
  readonly pattern: string;
  readonly maxLength: number;
}

const FLOW_PATTERN = "(?:[0-9]{6}|[1-9][0-9]{6,15})";
const ADDRESS_PATTERN = "[0-9a-f._]{2,45}";
const DIRECTION_PATTERN = "(?:c2s|s2c)";
const PORT_PATTERN = "(?:0|[1-9][0-9]{0,4})";

/** The closed set of fields: a manifest can name these and nothing else. */
const FIELDS: Readonly<Record<string, Field>> = {
  flow: { text: (identity) => flowText(identity.flow), pattern: FLOW_PATTERN, maxLength: 16 },
  client: {
    text: (identity) => addressText(identity.client),
    pattern: ADDRESS_PATTERN,
    maxLength: 45,
  },
  clientPort: {
    text: (identity) => String(identity.clientPort),
    pattern: PORT_PATTERN,
    maxLength: 5,
  },
  server: {
    text: (identity) => addressText(identity.server),
    pattern: ADDRESS_PATTERN,
    maxLength: 45,
  },
  serverPort: {
    text: (identity) => String(identity.serverPort),
    pattern: PORT_PATTERN,
    maxLength: 5,
  },
  start: {
    text: (identity) => timeText(identity.firstSeconds, identity.firstNanos),
    pattern: "[0-9]{1,10}\\.[0-9]{9}",
    maxLength: 20,
  },
  vlan: {
    text: (identity) => vlanText(identity.vlan),
    pattern: "(?:untagged|[0-9]{1,4}(?:-[0-9]{1,4}){0,7})",
    maxLength: 5 * MAX_VLANS_IN_NAME,
  },
  direction: { text: (_, direction) => direction, pattern: DIRECTION_PATTERN, maxLength: 4 },
};

export class FileNaming {
  readonly template: string;
  /** Flows a subdirectory; 0 for none. */
  readonly groupSize: number;
  /** Literal text and fields in turn, literals first and last, possibly empty. */
  readonly #literals: string[] = [];
  readonly #fields: Field[] = [];
  readonly #exact: RegExp;
  readonly #anyCase: RegExp;

  /**
   * @throws TcpxError BAD_OPTION: unknown or repeated field, `{flow}` or `{direction}` absent or run
   * together with other digits (names would collide), characters or names that a system forbids
   */
  constructor(template: string = DEFAULT_TEMPLATE, groupSize = 0) {
    if (!Number.isSafeInteger(groupSize) || groupSize < 0) {
      throw refused(`flows a group must be a whole number, found ${groupSize}`);
    }
    this.template = template;
    this.groupSize = groupSize;
    const names = this.#parse(template);
    checkFields(template, names, this.#literals);
    checkText(template, this.#literals, names);
    const length = this.#fields.reduce((sum, field) => sum + field.maxLength, 0);
    if (length + this.#literals.join("").length > MAX_NAME_LENGTH) {
      throw refused(`template ${template} gives names longer than ${MAX_NAME_LENGTH} octets`);
    }
    const pattern = this.#pattern();
    this.#exact = new RegExp(pattern, "u");
    this.#anyCase = new RegExp(pattern, "iu");
  }

  /** Path of a stream's file below the output directory, with `/` before the name in a group. */
  path(identity: FlowIdentity, direction: "c2s" | "s2c"): string {
    return this.#path(identity, direction);
  }

  /** The same for a file about both directions of a flow. */
  flowPath(identity: FlowIdentity, kind: FlowKind): string {
    return this.#path(identity, FLOW_WORD) + FLOW_SUFFIXES[kind];
  }

  #path(identity: FlowIdentity, direction: DirectionWord): string {
    let name = this.#literals[0]!;
    for (let i = 0; i < this.#fields.length; i++) {
      name += this.#fields[i]!.text(identity, direction) + this.#literals[i + 1]!;
    }
    return this.groupSize === 0 ? name : `${this.group(identity.flow)}/${name}`;
  }

  /** Name of the subdirectory of a flow: the first flow number that belongs into it. */
  group(flow: number): string {
    return flowText(flow - ((flow - 1) % this.groupSize));
  }

  /** True for each name that a stream's file or a side file of it can have, temporary ones included. */
  isStreamName(name: string): boolean {
    return name.length <= 255 && this.#exact.test(name);
  }

  /** As `isStreamName`, for file systems to which upper and lower case are the same. */
  isStreamNameInAnyCase(name: string): boolean {
    return name.length <= 255 && this.#anyCase.test(name);
  }

  /** True for each name that a subdirectory can have. */
  isGroupName(name: string): boolean {
    return this.groupSize > 0 && name.length <= 16 && GROUP_NAME.test(name);
  }

  #parse(template: string): string[] {
    if (template.length > MAX_TEMPLATE_LENGTH) {
      throw refused(`template is longer than ${MAX_TEMPLATE_LENGTH} characters`);
    }
    const names: string[] = [];
    let at = 0;
    for (const match of template.matchAll(/\{([^{}]*)\}/gu)) {
      const name = match[1]!;
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
      if (field === undefined) {
        const known = Object.keys(FIELDS).map((key) => `{${key}}`);
        throw refused(`template has the unknown field {${name}}; known are ${known.join(" ")}`);
      }
      this.#literals.push(template.slice(at, match.index));
      this.#fields.push(field);
      names.push(name);
      at = match.index + match[0].length;
    }
    this.#literals.push(template.slice(at));
    return names;
  }

  #pattern(): string {
    const stream = this.#namePattern(DIRECTION_PATTERN);
    const flow = this.#namePattern(FLOW_WORD);
    const side = Object.values(SIDE_SUFFIXES).map(escaped).join("|");
    const both = Object.values(FLOW_SUFFIXES).map(escaped).join("|");
    return `^(?:${stream}(?:${side})?|${flow}(?:${both}))(?:${escaped(PART_SUFFIX)})?$`;
  }

  #namePattern(direction: string): string {
    let pattern = escaped(this.#literals[0]!);
    this.#fields.forEach((field, i) => {
      pattern += field.pattern === DIRECTION_PATTERN ? direction : field.pattern;
      pattern += escaped(this.#literals[i + 1]!);
    });
    return pattern;
  }
}

const GROUP_NAME = new RegExp(`^${FLOW_PATTERN}$`, "u");

function flowText(flow: number): string {
  return String(flow).padStart(FLOW_DIGITS, "0");
}

/** In an IPv6 address `:` is written `_`: Windows and old macOS don't allow it in names. */
function addressText(address: string): string {
  return address.includes(":") ? address.replaceAll(":", "_") : address;
}

function vlanText(vlan: readonly number[]): string {
  return vlan.length === 0 ? "untagged" : vlan.slice(0, MAX_VLANS_IN_NAME).join("-");
}

function checkFields(
  template: string,
  names: readonly string[],
  literals: readonly string[],
): void {
  for (const name of ["flow", "direction"]) {
    if (!names.includes(name)) {
      throw refused(
        `template ${template} lacks {${name}}: names of several streams would be the same`,
      );
    }
  }
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw refused(`template ${template} has {${repeated}} twice`);
  // 1 and 000001 next to each other read like 10 and 00001: two streams could get one name.
  const at = names.indexOf("flow");
  const before = literals[at]!;
  const after = literals[at + 1]!;
  const runsInto = (literal: string, neighbour: string | undefined, touching: string): boolean =>
    literal === "" ? neighbour !== undefined && neighbour !== "direction" : /[0-9]/u.test(touching);
  if (
    runsInto(before, names[at - 1], before.slice(-1)) ||
    runsInto(after, names[at + 1], after.slice(0, 1))
  ) {
    throw refused(
      `template ${template} has digits or a field right beside {flow}: put a character such as - between`,
    );
  }
}

function checkText(template: string, literals: readonly string[], names: readonly string[]): void {
  const text = literals.join("");
  const foreign = /[^A-Za-z0-9 ._+=@,~()[\]#-]/u.exec(text);
  if (foreign !== null) {
    throw refused(
      `template ${template} has the character ${JSON.stringify(foreign[0])}; allowed are letters, digits, ` +
        `space and . _ + = @ , ~ ( ) [ ] # -`,
    );
  }
  if (/^[ .-]/u.test(literals[0]!)) {
    throw refused(`template ${template} begins with a space, a dot or a minus`);
  }
  if (/[ .]$/u.test(literals.at(-1)!)) {
    throw refused(`template ${template} ends with a space or a dot, which Windows drops`);
  }
  // Windows takes "con.anything" for the console; a port, for one, makes "com" to "com1".
  const example = literals.map((literal, i) => literal + (i < names.length ? "1" : "")).join("");
  if (/^(?:con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\.|$)/iu.test(example)) {
    throw refused(`template ${template} gives names that Windows reserves for devices`);
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
}

function refused(reason: string): TcpxError {
  return new TcpxError("BAD_OPTION", `file names: ${reason}`);
}
