import type { Command } from "commander";
import { writeOutput } from "../src/io/output.ts";
import { omittedFromCsv } from "../src/report/csv.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { rendererForFile } from "../src/report/render-by-extension.ts";
import { collect } from "./input-options.ts";
import type { Session } from "./session.ts";

export function addReportOption(command: Command): void {
  command.option("--report <file>", "also write a report: .md, .csv, .json, .xml (JUnit) or .txt (repeat)", collect);
}

/** Checks the names before the work starts, writes the files after it. */
export function writeReports(
  paths: readonly string[] | undefined,
): (document: ReportDocument, session: Session) => Promise<void> {
  const planned = (paths ?? []).map((path) => ({ path, render: rendererForFile(path) }));
  return async (document, session) => {
    for (const { path, render } of planned) {
      await writeOutput(path, render(document), { overwrite: true });
      const omitted = path.toLowerCase().endsWith(".csv") ? omittedFromCsv(document) : null;
      if (omitted) session.say(`note: ${path}: ${omitted}`);
    }
  };
}
