import type { ReportDocument } from "../../src/report/document.ts";

/** A document with everything that a reporter must not break: pipes, quotes, markup, commas, newlines, λ̂, an escape sequence. */
export const exampleDocument: ReportDocument = {
  title: "eexit check",
  verdict: "broken",
  statements: ["The risk is above ε = 0.05 at level 0.05."],
  facts: [
    { label: "samples", value: "1000" },
    { label: "file", value: 'a|b <c> & "d".npy' },
  ],
  tables: [
    {
      title: "risk by method",
      columns: [
        { key: "method", label: "method", align: "left" },
        { key: "threshold", label: "λ̂", align: "right", show: "exact" },
        { key: "saving", label: "saving", align: "right", show: "percent" },
        { key: "risk", label: "risk", align: "right" },
      ],
      rows: [
        ["ucb, star", 0.8371205925941467, 0.536, 0.0498765],
        ["crc|ff", 1.7976931348623157e308, 0, null],
      ],
    },
  ],
  checks: [
    { name: "risk", outcome: "failed", message: "observed 0.08, expected at most 0.05" },
    { name: "mean exit", outcome: "passed", message: "2.3 is at most 3" },
    { name: "baseline", outcome: "skipped", message: "not decided: 50% of\n1200 rows" },
  ],
  cautions: [{ code: "not-monotone", message: "losses fall for 3 % of samples \u001b[31mred\u0007" }],
  json: { format: "eexit-check", version: 1, verdict: "broken", observedRisk: 0.08, baseline: null },
};

export const emptyDocument: ReportDocument = {
  title: "eexit inspect",
  verdict: null,
  statements: [],
  facts: [],
  tables: [],
  checks: [],
  cautions: [],
  json: {},
};
