import { expect, test } from "vitest";
import { renderJson } from "../../src/report/json.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("the record in its own key order, two spaces, one newline", () => {
  expect(renderJson(exampleDocument)).toBe(`{
  "format": "eexit-check",
  "version": 1,
  "verdict": "broken",
  "observedRisk": 0.08,
  "baseline": null
}
`);
});

test("an optional field that is undefined is absent", () => {
  expect(renderJson({ ...emptyDocument, json: { a: 1, b: undefined } })).toBe('{\n  "a": 1\n}\n');
});

test.each([
  ["NaN", { rows: [{ risk: Number.NaN }] }, "json.rows[0].risk is NaN, which JSON cannot hold"],
  ["infinity", { threshold: Number.POSITIVE_INFINITY }, "json.threshold is Infinity, which JSON cannot hold"],
  ["a typed array", { share: new Float64Array(1) }, "json.share is a Float64Array, which JSON cannot hold"],
  ["a map", new Map(), "json is a Map, which JSON cannot hold"],
  ["nothing", undefined, "json is of type undefined, which JSON cannot hold"],
  ["undefined in a list", [undefined], "json[0] is of type undefined, which JSON cannot hold"],
])("%s is refused instead of changed", (_, json, message) => {
  expect(() => renderJson({ ...emptyDocument, json })).toThrow(message);
});
