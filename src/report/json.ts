import type { ReportDocument } from "./document.ts";

/**
 * The machine-readable answer: two spaces, the record's own key order, shortest round-trip numbers, one newline at the
 * end; equal records give equal bytes. Throws on what JSON would change without a word: NaN and ±∞ (they become null),
 * typed arrays (they become objects) and an undefined record. These are bugs of the caller, hence no `EexitError`.
 */
export function renderJson(document: ReportDocument): string {
  assertFaithful(document.json, "json");
  return `${JSON.stringify(document.json, null, 2)}\n`;
}

function assertFaithful(value: unknown, path: string): void {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`${path} is ${value}, which JSON cannot hold`);
    return;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (Array.isArray(value)) {
    value.forEach((element, index) => {
      assertFaithful(element, `${path}[${index}]`);
    });
    return;
  }
  if (typeof value !== "object" || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) {
    throw new Error(`${path} is ${describe(value)}, which JSON cannot hold`);
  }
  for (const [key, field] of Object.entries(value)) {
    // A field that is undefined is absent: that is how optional fields are written.
    if (field !== undefined) assertFaithful(field, `${path}.${key}`);
  }
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? `a ${value.constructor.name}` : `of type ${typeof value}`;
}
