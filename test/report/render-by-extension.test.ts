import { expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderJson } from "../../src/report/json.ts";
import { renderJunit } from "../../src/report/junit.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { rendererForFile } from "../../src/report/render-by-extension.ts";
import { renderText } from "../../src/report/text.ts";

test.each([
  ["out/report.md", renderMarkdown],
  ["a.b/REPORT.MD", renderMarkdown],
  ["report.csv", renderCsv],
  ["report.json", renderJson],
  ["report.xml", renderJunit],
  ["C:\\reports\\a.txt", renderText],
])("%s", (path, renderer) => {
  expect(rendererForFile(path)).toBe(renderer);
});

test.each([
  ["report.html", "not-supported-yet", "--report report.html: .html reports come with a later release"],
  ["curve.svg", "not-supported-yet", "--report curve.svg: .svg reports"],
  ["curve.png", "not-supported-yet", "--report curve.png: .png reports"],
  [
    "report.pdf",
    "bad-usage",
    "--report report.pdf: found the extension .pdf, expected one of .md, .csv, .json, .xml, .txt",
  ],
  ["out.d/report", "bad-usage", "--report out.d/report: found no extension, expected one of"],
  [".json", "bad-usage", "--report .json: found no extension"],
])("%s is refused", (path, code, message) => {
  const error = refusal(path);
  expect(error.code).toBe(code);
  expect(error.message).toContain(message);
  expect(error.hint).not.toBeNull();
});

function refusal(path: string): EexitError {
  try {
    rendererForFile(path);
  } catch (error) {
    if (error instanceof EexitError) return error;
  }
  throw new Error(`${path} was not refused`);
}
