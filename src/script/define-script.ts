// What a script calls to be typed and, for rules exported by name, to be kept in the order of its file
// (a module's exports come sorted by name).

import type {
  PlainRule,
  Rule,
  RuleEvent,
  RuleGroup,
  RuleGroupOf,
  Script,
  StreamedRule,
} from "./script-api.ts";

/** Shared between several copies of the package: a script may have imported another than runs it. */
const CREATED = Symbol.for("tcpx.rule-created");
const COUNTER = Symbol.for("tcpx.rule-counter");

/** Gives the script back as it is. */
export function defineScript(script: Script): Script {
  return script;
}

/** A rule, to be exported by any name or listed in `rules`. */
export function rule(fields: StreamedRule): StreamedRule;
export function rule<Event extends RuleEvent>(fields: PlainRule<Event>): PlainRule<Event>;
export function rule(fields: Rule): Rule {
  return stamped(fields);
}

/** Several rules on one event that are evaluated together. */
export function ruleGroup<Event extends RuleEvent>(fields: RuleGroupOf<Event>): RuleGroupOf<Event> {
  return stamped(fields);
}

/** Place in the order of creation; Infinity for a plain object. */
export function creationOrder(fields: Rule | RuleGroup): number {
  const order: unknown = Reflect.get(fields, CREATED);
  return typeof order === "number" ? order : Infinity;
}

function stamped<Fields extends object>(fields: Fields): Fields {
  const before: unknown = Reflect.get(globalThis, COUNTER);
  const order = typeof before === "number" ? before + 1 : 1;
  Reflect.defineProperty(globalThis, COUNTER, { value: order, writable: true, configurable: true });
  return Object.defineProperty({ ...fields }, CREATED, { value: order });
}
