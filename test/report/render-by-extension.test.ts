import { expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderJson } from "../../src/report/json.ts";
import { renderJunit } from "../../src/report/junit.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { rendererForFile } from "../../src/report/render-by-extension.ts";
import { renderText } from "../../src/report/text.ts";
import { exampleDocument } from "./example-document.ts";

test.each([
  ["out/report.md", renderMarkdown],
  ["a.b/REPORT.MD", renderMarkdown],
  ["report.csv", renderCsv],
  ["report.json", renderJson],
  ["report.xml", renderJunit],
  ["C:\\reports\\a.txt", renderText],
])("%s", async (path, render) => {
  const renderer = rendererForFile(path);
  expect(renderer.figures).toBe(false);
  expect(await renderer.render([exampleDocument])).toBe(render(exampleDocument));
});

test.each([
  ["report.html", "<!doctype html>"],
  ["curve.SVG", "<svg "],
  ["curve.png", "<svg "],
])("%s has figures", async (path, start) => {
  const renderer = rendererForFile(path);
  expect(renderer.figures).toBe(true);
  expect((await renderer.render([exampleDocument])).startsWith(start)).toBe(true);
});

test.each([
  ["report.pdf", "found the extension .pdf, expected one of .html, .svg, .png, .md, .csv, .json, .xml, .txt"],
  ["out.d/report", "found no extension, expected one of"],
  [".json", "found no extension"],
])("%s is refused", (path, message) => {
  const error = refusal(path);
  expect(error.code).toBe("bad-usage");
  expect(error.message).toContain(`--report ${path}: ${message}`);
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
