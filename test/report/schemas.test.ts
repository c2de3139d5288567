// schemas/*.json against the types: the samples are literals of the types, so that their keys are the
// types' keys, and every object of a schema must have exactly those, all of them required.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { OUTCOME_NAMES } from "../../src/decode/outcome.ts";
import { buildReport } from "../../src/report/build-report.ts";
import { FLOW_ENDS, FLOW_SCHEMA } from "../../src/report/flow-summary.ts";
import { GAP_CAUSES, REPORT_SCHEMA } from "../../src/report/report.ts";
import { STATUS_ENTRIES } from "../../src/report/status-word.ts";
import { sampleFlow } from "./sample-flows.ts";
import { crowdedReport, ordinaryReport } from "./sample-reports.ts";
import { emptySources } from "./sample-sources.ts";

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  anyOf?: Schema[];
  enum?: string[];
  const?: string;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
}

function readSchema(name: string): Schema {
  const url = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Schema;
}

const reportSchema = readSchema("report");
const flowSchema = readSchema("flow");
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validReport = ajv.compile(reportSchema);
const validFlow = ajv.compile(flowSchema);

/** Differences between the keys of an object and its schema; `options` are keys that may be absent. */
function differences(
  root: Schema,
  schema: Schema,
  value: unknown,
  path: string,
  options: readonly string[] = [],
): string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs![schema.$ref.replace("#/$defs/", "")]!;
    return differences(root, target, value, path, options);
  }
  if (schema.anyOf !== undefined) {
    return value === null ? [] : differences(root, schema.anyOf[0]!, value, path, options);
  }
  if (Array.isArray(value)) {
    return value.flatMap((element, index) =>
      differences(root, schema.items!, element, `${path}[${index}]`, options),
    );
  }
  if (typeof value !== "object" || value === null) return [];
  if (typeof schema.additionalProperties === "object") return [];
  const found: string[] = [];
  if (schema.additionalProperties !== false) found.push(`${path}: other keys are allowed`);
  const keys = Object.keys(value);
  const properties = Object.keys(schema.properties!);
  const required = new Set(schema.required);
  for (const key of keys) if (!properties.includes(key)) found.push(`${path}.${key} is not there`);
  for (const key of properties) {
    if (!keys.includes(key) && !options.includes(key)) found.push(`${path}.${key} is too much`);
    if (!required.has(key) && !options.includes(key)) found.push(`${path}.${key} is not required`);
    if (required.has(key) && options.includes(key)) found.push(`${path}.${key} is required`);
  }
  for (const [key, inner] of Object.entries(value)) {
    const property = schema.properties![key];
    if (property !== undefined) {
      found.push(...differences(root, property, inner, `${path}.${key}`, options));
    }
  }
  return found;
}

/** Every object of a document, with a way to put a changed one back. */
function everyObject(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>);
  for (const inner of Object.values(value)) everyObject(inner, visit);
}

describe("report.schema.json", () => {
  test("accepts reports", () => {
    for (const report of [crowdedReport(), ordinaryReport(), buildReport(emptySources())]) {
      validReport(structuredClone(report));
      expect(validReport.errors ?? []).toEqual([]);
    }
  });

  test("has the keys of the type Report, all required and no others", () => {
    const report = crowdedReport();
    report.flows.timeoutsSec = { new: 1, established: 1, closing: 1, closed: 1, reset: 1 };
    expect(differences(reportSchema, reportSchema, report, "report")).toEqual([]);
  });

  test("refuses a report that lacks any key, or has one more", () => {
    const report = crowdedReport();
    const open = new Set<unknown>([report.script.counters, report.decode.unsupportedLinkTypes]);
    let objects = 0;
    everyObject(report, (object) => {
      if (open.has(object)) return;
      objects++;
      object["surplus"] = 0;
      expect(validReport(report), `surplus in ${Object.keys(object).join()}`).toBe(false);
      delete object["surplus"];
      for (const key of Object.keys(object)) {
        const value = object[key];
        delete object[key];
        expect(validReport(report), `without ${key}`).toBe(false);
        object[key] = value;
      }
    });
    expect(objects).toBeGreaterThan(30);
    expect(validReport(report)).toBe(true);
  });

  test.each([
    ["a negative count", { packets: -1 }],
    ["a fraction of a count", { packets: 0.5 }],
    ["a count as text", { packets: "1" }],
    ["no count", { packets: null }],
  ])("refuses %s", (_what, change) => {
    const report = ordinaryReport();
    expect(validReport({ ...report, capture: { ...report.capture, ...change } })).toBe(false);
  });

  test("names what the code names", () => {
    const { properties } = reportSchema;
    const status = properties!["status"]!.properties!;
    const names = (half: string): string[] =>
      STATUS_ENTRIES.filter((entry) => entry.half === half).map(({ name }) => name);
    expect(properties!["schema"]!.const).toBe(REPORT_SCHEMA);
    expect(status["warnings"]!.items!.enum).toEqual(names("warning"));
    expect(status["infos"]!.items!.enum).toEqual(names("information"));
    expect(reportSchema.$defs!["cause"]!.enum).toEqual(GAP_CAUSES);
    const outcomes = properties!["decode"]!.properties!["outcomes"]!;
    expect(Object.keys(outcomes.properties!)).toEqual(OUTCOME_NAMES);
  });
});

/** Of options and scripts. */
const OPTIONAL_KEYS = ["sha256", "tags", "attributes"];

describe("flow.schema.json", () => {
  test("accepts a flow", () => {
    validFlow(sampleFlow());
    expect(validFlow.errors ?? []).toEqual([]);
  });

  test("has the keys of the type FlowSummary, all required but those of options", () => {
    expect(differences(flowSchema, flowSchema, sampleFlow(), "flow", OPTIONAL_KEYS)).toEqual([]);
  });

  test("refuses a flow that lacks any key, or has one more", () => {
    const flow = sampleFlow();
    everyObject(flow, (object) => {
      object["surplus"] = 0;
      expect(validFlow(flow)).toBe(false);
      delete object["surplus"];
      for (const key of Object.keys(object)) {
        const value = object[key];
        delete object[key];
        expect(validFlow(flow), `without ${key}`).toBe(OPTIONAL_KEYS.includes(key));
        object[key] = value;
      }
    });
  });

  test("names what the code names", () => {
    expect(flowSchema.properties!["schema"]!.const).toBe(FLOW_SCHEMA);
    expect(flowSchema.properties!["end"]!.enum).toEqual(FLOW_ENDS);
    expect(flowSchema.properties!["status"]!.items!.enum).toEqual(
      STATUS_ENTRIES.map(({ name }) => name),
    );
    expect(flowSchema.$defs!["cause"]!.enum).toEqual(GAP_CAUSES);
  });
});
