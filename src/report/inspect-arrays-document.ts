import type { EexitError } from "../errors.ts";
import type { ReportDocument } from "./document.ts";
import { formatCount } from "./format.ts";
import type { InspectedFile } from "./inspected-file.ts";

/**
 * Files that are no input as they stand: the arrays they hold, and what is missing. Inspect JSON, version 1, kind "arrays".
 *
 * @param problem why they are no input, in the words that calibrate would use
 */
export function inspectArraysDocument(files: readonly InspectedFile[], problem: EexitError): ReportDocument {
  const many = files.length > 1;
  return {
    title: `eexit inspect: ${formatCount(files.length, "file")}, not an input as ${many ? "they stand" : "it stands"}`,
    verdict: null,
    statements: [problem.message, ...(problem.hint === null ? [] : [`hint: ${problem.hint}`])],
    facts: [],
    tables: [
      {
        title: "Arrays",
        columns: [
          { key: "file", label: "file", align: "left" },
          { key: "format", label: "format", align: "left" },
          { key: "name", label: "array", align: "left" },
          { key: "type", label: "type", align: "left" },
          { key: "shape", label: "shape", align: "left" },
        ],
        rows: files.flatMap(({ name: file, format, arrays }) =>
          arrays.map(({ name, type, shape }) => [
            file,
            format,
            name === "" ? "(bare)" : name,
            type,
            `[${shape.join(", ")}]`,
          ]),
        ),
      },
    ],
    checks: [],
    cautions: [],
    json: {
      format: "eexit-inspect",
      version: 1,
      kind: "arrays",
      files,
      problem: { code: problem.code, message: problem.message, hint: problem.hint },
    },
  };
}

/** Arrays of the first file in a line: `npy, float32 [400, 4, 10]`; how many files continue it. */
export function filesText(files: readonly InspectedFile[]): string {
  const [{ format, arrays, partCount }] = files;
  const shown = arrays.slice(0, 6).map(({ name, type, shape }) => `${name}${name && " "}${type} [${shape.join(", ")}]`);
  const more = arrays.length > shown.length ? `, and ${arrays.length - shown.length} more` : "";
  const batches = partCount > 1 ? ` in ${partCount} record batches` : "";
  const rest = files.length > 1 ? ` (first of ${files.length} files)` : "";
  return `${format}${batches}: ${shown.join(", ")}${more}${rest}`;
}
