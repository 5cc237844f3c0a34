import type { Panel } from "./figure/figure.ts";

/**
 * The one record that every reporter renders. Whoever fills it has computed and decided everything;
 * a reporter only chooses words, columns and escapes, so no number can differ between two formats.
 */
export interface ReportDocument {
  readonly title: string;
  /** The answer in one word or clause (`holds`, `broken`, `never-exit`), null where there is nothing to decide. */
  readonly verdict: string | null;
  /** Whole sentences: what is promised and under which assumptions. */
  readonly statements: readonly string[];
  readonly facts: readonly ReportFact[];
  readonly tables: readonly ReportTable[];
  readonly checks: readonly ReportCheck[];
  /** Checks that only JUnit lists, where people have the table that says the same. */
  readonly junitChecks?: readonly ReportCheck[];
  readonly cautions: readonly ReportCaution[];
  /** The machine-readable answer, already in its published shape and key order. */
  readonly json: unknown;
  /** What can be drawn, made only for a report with figures; absent where nothing can. */
  readonly panels?: () => readonly Panel[];
  /** Where the answer comes from, for a report that stands alone: inputs, versions, hashes. */
  readonly provenance?: readonly ReportFact[];
}

export interface ReportFact {
  readonly label: string;
  readonly value: string;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly ReportColumn[];
  /** One cell per column. Null is "not applicable": a dash for people, an empty field in CSV. */
  readonly rows: readonly (readonly ReportCell[])[];
}

export interface ReportColumn {
  /** The name for machines (CSV header), the field's name in the JSON answer. */
  readonly key: string;
  /** The name for people. */
  readonly label: string;
  readonly align: "left" | "right";
  /** How people see a number: four significant digits (default), every digit (thresholds, which must never be rounded)
   *  a percentage, or not at all ("hidden": only CSV has the column). CSV always holds every digit. */
  readonly show?: "number" | "exact" | "percent" | "hidden";
}

export type ReportCell = string | number | null;

/** One yes/no question that was asked of the data. `skipped` is "not decided", e.g. an inconclusive verdict. */
export interface ReportCheck {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly message: string;
}

export interface ReportCaution {
  readonly code: string;
  readonly message: string;
}
