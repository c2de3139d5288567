// The findings as text: for each row the contestants with their times and memory, then its goals.

import { median, spread } from "./statistics.js";

const WIDTHS = [42, 10, 8, 9];

function columns(cells) {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index])))
    .join(" ");
}

function megabytes(bytes) {
  return bytes === null ? "-" : `${(bytes / 1e6).toFixed(0)} MB`;
}

/** For example `  cp   0.073 s   +-0 %   2 MB`; `absent` or `error` stand for the measurements where there are none. */
export function formatContestant(contestant) {
  const { label, seconds, peakBytes, check, absent, error } = contestant;
  const trouble = absent ?? error;
  if (trouble !== undefined) return `  ${label}: ${trouble}`;
  const time = seconds.length === 0 ? "-" : `${median(seconds).toFixed(3)} s`;
  const width = seconds.length < 2 ? "-" : `+-${(100 * spread(seconds)).toFixed(0)} %`;
  const line = columns([`  ${label}`, time, width, megabytes(peakBytes)]);
  return check === "ok" ? line : `${line}  WRONG: ${check}`;
}

function formatNumber(kind, value) {
  if (value === null) return "-";
  if (kind === "memory") return megabytes(value);
  if (kind === "rate") return `${(value / 1e6).toFixed(2)} M packets/s`;
  return `${value.toFixed(2)} x`;
}

function formatSubject({ goal, of, against }) {
  if (goal === "memory") return `${of}: peak memory`;
  if (goal === "rate") return `${of}: rate`;
  return goal === "ratio" ? `${of} / ${against}` : `${of} / ${against}, a packet`;
}

/** For example `  tcpx / cp   0.93 x   goal at most 1.00 x   met`. */
export function formatFinding(finding, size) {
  const { goal, asked, found, met, fullSizeOnly } = finding;
  const subject = `  ${formatSubject(finding)}`.padEnd(WIDTHS[0]);
  const start = `${subject} ${formatNumber(goal, found).padStart(18)}`;
  if (asked === null) return start;
  const bound = `${goal === "rate" ? "at least" : "at most"} ${formatNumber(goal, asked)}`;
  const answer = met === null ? "not measured" : met ? "met" : "NOT MET";
  const caution =
    fullSizeOnly && size !== "full" && met !== null ? " (indicative: stated for --size full)" : "";
  return `${start}   goal ${bound.padEnd(26)} ${answer}${caution}`;
}

/** A whole row: a heading, the contestants, the goals. */
export function formatRow({ title, name, captures, contestants, findings, skipped }, size) {
  const heading = `${title} (${name})`;
  if (skipped !== undefined) return `${heading}\n  skipped: ${skipped}\n`;
  const lines = [heading];
  for (const { name, packets, bytes, flows } of captures) {
    lines.push(`  capture "${name}": ${megabytes(bytes)}, ${packets} packets, ${flows} flows`);
  }
  lines.push(...contestants.map(formatContestant));
  lines.push(...findings.map((finding) => formatFinding(finding, size)));
  return `${lines.join("\n")}\n`;
}
