import type { ReportDocument } from "./document.ts";

/** One thing that was tried on this machine. */
export interface Examination {
  readonly name: string;
  /** `note`: neither good nor bad, or a part that is not there and not needed. */
  readonly status: "ok" | "note" | "failed";
  readonly found: string;
  /** What helps; null where nothing has to. */
  readonly advice: string | null;
}

/** Doctor JSON, version 1, and the same for people. */
export function doctorDocument(examinations: readonly Examination[]): ReportDocument {
  const failed = examinations.filter(({ status }) => status === "failed");
  const verdict = failed.length === 0 ? "everything works" : `${failed.map(({ name }) => name).join(", ")} failed`;
  return {
    title: "eexit doctor",
    verdict,
    statements: failed.some(({ name }) => name === "onnxruntime-node")
      ? [
          "Commands that run models (extract, split, infer --model, bake, bench, score --model) do not work here; all others do.",
        ]
      : [],
    facts: [],
    tables: [
      {
        title: "",
        columns: [
          { key: "name", label: "what", align: "left" },
          { key: "status", label: "status", align: "left" },
          { key: "found", label: "found", align: "left" },
        ],
        rows: examinations.map(({ name, status, found }) => [name, status, found]),
      },
    ],
    checks: [],
    cautions: examinations.flatMap(({ name, advice }) => (advice === null ? [] : [{ code: name, message: advice }])),
    json: {
      format: "eexit-doctor",
      version: 1,
      ok: failed.length === 0,
      examinations: examinations.map(({ name, status, found, advice }) => ({ name, status, found, advice })),
    },
  };
}
