import type { Command } from "commander";
import { assertFolderOf, writeOutput } from "../src/io/output.ts";
import { omittedFromCsv } from "../src/report/csv.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { extensionOf, rendererForFile } from "../src/report/render-by-extension.ts";
import { tool } from "../src/version.ts";
import { collect } from "./input-options.ts";
import type { Session } from "./session.ts";

/** The reports that a command was asked for. */
export interface Reports {
  /** Whether one of them draws: only then is what figures need beyond the answer computed. */
  readonly figures: boolean;
  write(documents: readonly ReportDocument[], session: Session): Promise<void>;
}

export function addReportOption(command: Command): void {
  command.option(
    "--report <file>",
    "also write a report: .html, .svg, .png, .md, .csv, .json, .xml (JUnit) or .txt (repeat)",
    collect,
  );
}

/** Checks the names before the work starts, writes the files after it. */
export function plannedReports(paths: readonly string[] | undefined, option = "--report"): Reports {
  const planned = (paths ?? []).map((path) => ({ path, renderer: rendererForFile(path, option) }));
  for (const { path } of planned) assertFolderOf(path);
  return {
    figures: planned.some(({ renderer }) => renderer.figures),
    async write(documents, session) {
      for (const { path, renderer } of planned) {
        const text = await renderer.render(documents);
        await writeOutput(path, await contentOf(path, text), { overwrite: true });
        const omitted = extensionOf(path) === "csv" ? documents.map(omittedFromCsv).find((said) => said) : null;
        if (omitted) session.say(`note: ${path}: ${omitted}`);
      }
    },
  };
}

/** With what a page that travels alone should say of its origin. */
export function withSources(document: ReportDocument, inputs: readonly string[]): ReportDocument {
  const provenance = [
    { label: inputs.length === 1 ? "input" : "inputs", value: inputs.join(", ") },
    { label: "program", value: `${tool.name} ${tool.version}` },
  ];
  return { ...document, provenance: [...(document.provenance ?? []), ...provenance] };
}

async function contentOf(path: string, text: string): Promise<string | Uint8Array> {
  if (extensionOf(path) !== "png") return text;
  return (await import("../src/io/png.ts")).pngOf(text);
}
