import { EexitError } from "../errors.ts";

/** Half a million numbers; every field of a line is a string of its own. */
const longestLine = 8 * 1024 * 1024;

/** A row of a CSV file and the line on which it starts, counted from 1. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * The rows of a CSV text (RFC 4180): commas, quotes with doubled quotes inside, line ends of any system, blank lines passed
 * over. One row at a time, so a file costs no more than its text. Throws `file-malformed` at a quote that is never closed,
 * `header-too-large` at a line that does not end within 8 MiB.
 */
export function* csvRows(name: string, text: string): Generator<CsvRow> {
  let position = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  const quoted = text.includes('"');
  while (position < text.length) {
    if (text.length - position > longestLine) assertEnds(name, text, position, line);
    const row = quoted ? quotedRow(name, text, position, line) : plainRow(text, position);
    if (row.fields.length > 1 || row.fields[0]!.trim() !== "") yield { line, fields: row.fields };
    line += row.lines;
    position = row.end;
  }
}

function assertEnds(name: string, text: string, start: number, line: number): void {
  const [stop] = lineEnd(text, start);
  if (stop - start <= longestLine) return;
  throw new EexitError(
    "header-too-large",
    `${name}: line ${line} has ${stop - start} characters, expected at most ${longestLine}`,
    "one row per sample; write wide tables as .npz or Arrow",
  );
}

interface ParsedRow {
  readonly fields: string[];
  readonly end: number;
  readonly lines: number;
}

/** The usual case, a text without quotes: a split. */
function plainRow(text: string, start: number): ParsedRow {
  const [stop, end] = lineEnd(text, start);
  return { fields: text.slice(start, stop).split(","), end, lines: 1 };
}

function quotedRow(name: string, text: string, start: number, line: number): ParsedRow {
  const [stop, end] = lineEnd(text, start);
  const whole = text.slice(start, stop);
  if (!whole.includes('"')) return { fields: whole.split(","), end, lines: 1 };
  const fields: string[] = [];
  let lines = 1;
  let position = start;
  for (;;) {
    const field = text[position] === '"' ? quotedField(name, text, position, line) : plainField(text, position);
    fields.push(field.value);
    lines += field.value.split("\n").length - 1;
    if (text[field.end] !== ",") return { fields, end: lineEnd(text, field.end)[1], lines };
    position = field.end + 1;
  }
}

function plainField(text: string, start: number): { value: string; end: number } {
  let end = start;
  while (end < text.length && !",\r\n".includes(text[end]!)) end++;
  return { value: text.slice(start, end), end };
}

function quotedField(name: string, text: string, start: number, line: number): { value: string; end: number } {
  let close = start + 1;
  for (;;) {
    close = text.indexOf('"', close);
    if (close === -1) break;
    if (text[close + 1] !== '"') break;
    close += 2;
  }
  const after = text[close + 1];
  if (close === -1 || (after !== undefined && !",\r\n".includes(after))) {
    throw new EexitError(
      "file-malformed",
      `${name}: line ${line} has a quote that is not closed before a comma or line end`,
      'write a quote inside a quoted field twice ("")',
    );
  }
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end: close + 1 };
}

/** Where a line stops and where the next one starts. */
function lineEnd(text: string, start: number): [stop: number, end: number] {
  const newline = text.indexOf("\n", start);
  const stop = newline === -1 ? text.length : newline;
  const next = newline === -1 ? text.length : newline + 1;
  return [stop > start && text[stop - 1] === "\r" ? stop - 1 : stop, next];
}
