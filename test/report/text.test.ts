import { expect, test } from "vitest";
import { renderText } from "../../src/report/text.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("aligned columns, words for the verdict, no escape sequences", () => {
  expect(renderText(exampleDocument)).toBe(`eexit check: broken

The risk is above ε = 0.05 at level 0.05.

samples  1000
file     a|b <c> & "d".npy

risk by method
method                      λ̂  saving     risk
---------  ------------------  ------  -------
ucb, star  0.8371205925941467  53.6 %  0.04988
crc|ff             never exit   0.0 %        -

failed: risk: observed 0.08, expected at most 0.05
passed: mean exit: 2.3 is at most 3
skipped: baseline: not decided: 50% of 1200 rows

caution (not-monotone): losses fall for 3 % of samples [31mred
`);
});

test("a document without sections is its title", () => {
  expect(renderText(emptyDocument)).toBe("eexit inspect\n");
});

test("sentences wrap within 100 columns and keep every word", () => {
  const statement = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  const text = renderText({ ...emptyDocument, statements: [statement], cautions: [{ code: "c", message: statement }] });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(text.replace(/\s+/g, " ")).toContain(statement);
});

test("a row of another length than the columns is refused", () => {
  const table = { title: "t", columns: [{ key: "a", label: "a", align: "left" as const }], rows: [[1], [1, 2]] };
  expect(() => renderText({ ...emptyDocument, tables: [table] })).toThrow('table "t": row 1 has 2 cells, expected 1');
});
