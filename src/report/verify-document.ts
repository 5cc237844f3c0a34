import type { Difference } from "../control/reproduction.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";
import type { ReportCaution, ReportDocument, ReportFact } from "./document.ts";
import { formatCount, formatThreshold } from "./format.ts";
import { type SignatureFacts, signatureFact, signatureJson } from "./signature-document.ts";

export type Verification = "verified" | "same-rows-other-order" | "other-data" | "not-reproduced";

export interface VerifyFacts {
  readonly file: ThresholdFile;
  readonly verdict: Verification;
  /** What the data are. */
  readonly found: { readonly samples: number; readonly sha256: string; readonly rowDigest: string };
  /** The second calibration; null on other data, where it would say nothing. */
  readonly again: ThresholdFile | null;
  readonly differences: readonly Difference[];
  /** Null where no public key was given. */
  readonly signature: SignatureFacts | null;
  readonly cautions: readonly ReportCaution[];
}

const verdictWords: Readonly<Record<Verification, string>> = {
  verified: "verified",
  "same-rows-other-order": "same rows, other order",
  "other-data": "other data",
  "not-reproduced": "not reproduced",
};

/** Verify JSON, version 1, and the same for people. */
export function verifyDocument(facts: VerifyFacts): ReportDocument {
  const { file, verdict, found, again, differences, cautions } = facts;
  return {
    title: "eexit verify",
    verdict: verdictWords[verdict],
    statements: [sentence(facts)],
    facts: listedFacts(facts),
    tables:
      differences.length === 0
        ? []
        : [
            {
              title: "Differences",
              columns: [
                { key: "field", label: "field", align: "left" },
                { key: "expected", label: "in the file", align: "left" },
                { key: "found", label: "recalibrated", align: "left" },
              ],
              rows: differences.map(({ field, expected, found }) => [field, shown(expected), shown(found)]),
            },
          ],
    checks: [],
    cautions,
    json: {
      format: "eexit-verify",
      version: 1,
      verdict,
      signature: signatureJson(facts.signature),
      samples: pair(file.calibration.samples, found.samples),
      sha256: pair(file.calibration.sha256, found.sha256),
      rowDigest: pair(file.calibration.rowDigest ?? null, found.rowDigest),
      policy: pair(file.policy, again?.policy ?? null),
      threshold: pair(file.threshold, again?.threshold ?? null),
      empiricalRisk: pair(file.calibration.empiricalRisk, again?.calibration.empiricalRisk ?? null),
      differences,
      cautions,
    },
  };
}

function pair(expected: unknown, found: unknown): object {
  return { expected, found };
}

function sentence({ file, verdict, again, found }: VerifyFacts): string {
  switch (verdict) {
    case "verified":
      return "The data are the calibration's, row by row, and calibrating again gives the same policy, threshold and risk, bit for bit.";
    case "same-rows-other-order":
      return again && decision(again) === decision(file)
        ? `The rows are the calibration's in another order. Here that changes nothing: the decision is still ${decision(file)}.`
        : `The rows are the calibration's in another order, and it matters: recalibrating gives ${decision(again as ThresholdFile)} instead of ${decision(file)}.`;
    case "other-data": {
      const expected = formatCount(file.calibration.samples, "sample");
      const count = found.samples === file.calibration.samples ? "as many" : String(found.samples);
      return (
        `These are not the data of the calibration (${expected} expected, ${count} found, another hash). Check the files, the labels and ` +
        "--layout; or the file's risk, confidence, clip, ignored labels or hash were edited."
      );
    }
    case "not-reproduced":
      return `The data are the calibration's, but calibrating again does not give this file. ${reason(file, again as ThresholdFile)}`;
  }
}

function reason(file: ThresholdFile, again: ThresholdFile): string {
  return file.tool.version === again.tool.version
    ? "It was edited after calibration: do not deploy it, calibrate again."
    : `It was edited, or version ${file.tool.version} calibrated otherwise than ${again.tool.version}: calibrate again.`;
}

function decision({ policy, threshold }: ThresholdFile): string {
  return policy === "threshold" ? `threshold ${formatThreshold(threshold)}` : policy;
}

function listedFacts({ file, found, again, signature }: VerifyFacts): ReportFact[] {
  const entries: [string, string][] = [
    ["samples", `${file.calibration.samples} in the file, ${found.samples} found`],
    ["data sha256", `${file.calibration.sha256} in the file`],
    ["", `${found.sha256} found`],
    ["decision", `${decision(file)} in the file`],
    ...(again ? ([["", `${decision(again)} recalibrated`]] as [string, string][]) : []),
    ["setting", `${file.risk} ≤ ${file.epsilon}, ${file.confidence ?? "loss table"}, seed ${file.calibration.seed}`],
  ];
  const listed = entries.map(([label, value]) => ({ label, value }));
  return signature ? [...listed, signatureFact(signature)] : listed;
}

/** Short enough for a table; the JSON answer has everything. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
