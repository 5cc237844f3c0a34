import { EexitError } from "../errors.ts";
import { renderCsv } from "./csv.ts";
import type { ReportDocument } from "./document.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderText } from "./text.ts";

export interface Renderer {
  /** Whether it shows figures, so that what only figures need is worth computing. */
  readonly figures: boolean;
  /** Several answers, as `eexit report` has them, make one file. */
  readonly render: (documents: readonly ReportDocument[]) => Promise<string>;
}

const plain = (render: (document: ReportDocument) => string): Renderer => ({
  figures: false,
  render: async (documents) => documents.map(render).join("\n"),
});

/** d3 and the page load only when a report with figures is written. */
const svg: Renderer = {
  figures: true,
  render: async (documents) => (await import("./figure/figure-sheet.ts")).figureSheet(documents),
};
const html: Renderer = {
  figures: true,
  render: async (documents) => (await import("./html/html.ts")).renderHtml(documents),
};

const rendererByExtension: ReadonlyMap<string, Renderer> = new Map([
  ["html", html],
  ["svg", svg],
  // The caller turns the SVG into pixels: that takes a font and files, which this room does not know.
  ["png", svg],
  ["md", plain(renderMarkdown)],
  ["csv", plain(renderCsv)],
  ["json", plain(renderJson)],
  ["xml", plain(renderJunit)],
  ["txt", plain(renderText)],
]);

/**
 * The renderer for a report file: the extension decides (case does not matter). Call it before the work, so that a
 * mistyped name costs nothing. Throws `bad-usage` for an extension that is not known.
 */
export function rendererForFile(path: string, option = "--report"): Renderer {
  const extension = extensionOf(path);
  const renderer = rendererByExtension.get(extension);
  if (renderer !== undefined) return renderer;
  const known = [...rendererByExtension.keys()].map((name) => `.${name}`).join(", ");
  const found = extension === "" ? "no extension" : `the extension .${extension}`;
  throw new EexitError(
    "bad-usage",
    `${option} ${path}: found ${found}, expected one of ${known}`,
    `the extension chooses the format, for example ${option} report.html`,
  );
}

/** What follows the last dot of the file's own name; a leading dot (`.json`) hides a file and is no extension. */
export function extensionOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}
