import { EexitError } from "../errors.ts";
import { renderCsv } from "./csv.ts";
import type { ReportDocument } from "./document.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderText } from "./text.ts";

export type Renderer = (document: ReportDocument) => string;

const rendererByExtension: ReadonlyMap<string, Renderer> = new Map([
  ["md", renderMarkdown],
  ["csv", renderCsv],
  ["json", renderJson],
  ["xml", renderJunit],
  ["txt", renderText],
]);

const laterExtensions: ReadonlySet<string> = new Set(["html", "svg", "png"]);

/**
 * The renderer for a report file: the extension decides (case does not matter). Call it before the work, so that a
 * mistyped name costs nothing. Throws `not-supported-yet` for html, svg and png and `bad-usage` for anything else.
 */
export function rendererForFile(path: string): Renderer {
  const extension = extensionOf(path);
  const renderer = rendererByExtension.get(extension);
  if (renderer !== undefined) return renderer;
  const known = [...rendererByExtension.keys()].map((name) => `.${name}`).join(", ");
  if (laterExtensions.has(extension)) {
    throw new EexitError(
      "not-supported-yet",
      `--report ${path}: .${extension} reports come with a later release, expected one of ${known}`,
      "--report report.md opens in any browser or editor",
    );
  }
  const found = extension === "" ? "no extension" : `the extension .${extension}`;
  throw new EexitError(
    "bad-usage",
    `--report ${path}: found ${found}, expected one of ${known}`,
    "the extension chooses the format, for example --report report.md",
  );
}

/** What follows the last dot of the file's own name; a leading dot (`.json`) hides a file and is no extension. */
function extensionOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}
