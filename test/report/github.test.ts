import { expect, test } from "vitest";
import { renderGithub } from "../../src/report/github.ts";
import { renderGithubSummary } from "../../src/report/github-summary.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("failed is an error, a caution a warning, the rest notices", () => {
  expect(renderGithub(exampleDocument)).toBe(
    "::error title=eexit check%3A risk failed::observed 0.08, expected at most 0.05\n" +
      "::notice title=eexit check%3A mean exit passed::2.3 is at most 3\n" +
      "::notice title=eexit check%3A baseline skipped::not decided: 50%25 of%0A1200 rows\n" +
      "::warning title=eexit check%3A not-monotone::losses fall for 3 %25 of samples [31mred\n",
  );
});

test("without checks the verdict and the statements make one notice", () => {
  const document = { ...emptyDocument, title: "a, b", verdict: "threshold", statements: ["One.", "Two."] };
  expect(renderGithub(document)).toBe("::notice title=a%2C b::threshold%0AOne.%0ATwo.\n");
});

test("a message cannot start a command of its own", () => {
  const checks = [{ name: "x", outcome: "passed" as const, message: "a\r\n::error::b" }];
  expect(renderGithub({ ...emptyDocument, checks }).split("\n")).toEqual([
    "::notice title=eexit inspect%3A x passed::a%0A::error::b",
    "",
  ]);
});

test("the job summary has the verdict first, a small table, and every number folded away", () => {
  const summary = renderGithubSummary(exampleDocument);
  const [heading, ...rest] = summary.split("\n");
  expect(heading).toBe("## eexit check: broken");
  const [shown, folded] = rest.join("\n").split("<details><summary>Numbers</summary>");
  expect(shown).toContain("The risk is above ε = 0.05 at level 0.05.");
  expect(shown).toContain("| risk | failed | observed 0.08, expected at most 0.05 |");
  expect(shown).toContain("caution (not-monotone)");
  expect(shown).not.toContain("| samples |");
  // GitHub renders Markdown inside details only after a blank line.
  expect(folded).toMatch(/^\n\n\|/);
  expect(folded).toContain("| samples | 1000 |");
  expect(folded).toContain("### risk by method");
  expect(folded).toMatch(/\n\n<\/details>\n$/);
  expect(renderGithubSummary(emptyDocument)).toBe(renderMarkdown(emptyDocument));
});

test("long tables of the job summary are cut with a line that says so", () => {
  const columns = [{ key: "x", label: "x", align: "right" as const }];
  const rows = Array.from({ length: 1001 }, (_, index) => [index]);
  const summary = renderGithubSummary({ ...emptyDocument, tables: [{ title: "long", columns, rows }] });
  expect(summary).toContain("### long (first 1000 rows; 1 more row left out)");
  expect(summary).toContain("| 999 |");
  expect(summary).not.toContain("| 1000 |");
});
