import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { expandInputs } from "../src/io/expand-inputs.ts";
import { readAnswer } from "../src/io/read-answer.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { formatCount } from "../src/report/format.ts";
import { extensionOf } from "../src/report/render-by-extension.ts";
import { savedDocument } from "../src/report/saved-answer.ts";
import { collect } from "./input-options.ts";
import { keepInputs } from "./keep-inputs.ts";
import { newCommand } from "./new-command.ts";
import { plannedReports, withSources } from "./report-option.ts";
import type { Session } from "./session.ts";

const details = `
Takes JSON answers that were saved: threshold files, and sweep, check, bench and inspect with
--format json. Each becomes a section, in the given order: a threshold file brings the promise, a
sweep the curves and the slider over ε, inspect what every exit does, check the verdict, bench the
measured speed. Nothing is computed anew, and the same answers give the same bytes.

A threshold file alone holds no curve: calibrate --report draws one from the data.`;

interface Flags {
  output?: string[];
}

export function reportCommand(session: Session): Command {
  const command = newCommand("report", "One page or picture from saved answers: what a decision rests on.", {
    examples: [
      "eexit inspect sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy --format json > inspect.json && eexit report threshold.json inspect.json -o report.html",
      "eexit sweep sample-data/digits/logits_cal.npy -e 0.02:0.2:0.02 --risk prediction-consistency --format json | eexit report - -o curves.svg",
    ],
    details,
  });
  command.argument("<answers...>", "saved JSON answers, quoted globs, or - for stdin");
  command.optionsGroup("Output:");
  command.option("-o, --output <file>", ".html, .svg, .png, .md or .txt (required; repeat)", collect);
  command.action((answers: string[], flags: Flags) => run(answers, flags, session));
  return command;
}

async function run(answers: string[], { output }: Flags, session: Session): Promise<void> {
  if (output === undefined) {
    throw new EexitError("bad-usage", "-o, --output: missing, expected a file", "use for example -o report.html");
  }
  const reports = plannedReports(output, "-o");
  for (const path of output) assertReadable(path);
  const paths = await expandInputs(answers);
  keepInputs(paths, output);
  const documents: ReportDocument[] = [];
  for (const path of paths) {
    documents.push(withSources(savedDocument(await readAnswer(path, session.readStdin)), [path]));
  }
  await reports.write(documents, session);
  const figures = documents.flatMap((document) => document.panels?.() ?? []).flatMap((panel) => panel.figures);
  session.say(
    `${output.join(", ")}: ${formatCount(documents.length, "answer")}, ${formatCount(figures.length, "figure")}`,
  );
}

/** The formats for programs hold one answer, which is the saved one already. */
function assertReadable(path: string): void {
  const extension = extensionOf(path);
  if (!["csv", "json", "xml"].includes(extension)) return;
  throw new EexitError(
    "bad-usage",
    `-o ${path}: .${extension} holds one answer for programs, expected .html, .svg, .png, .md or .txt`,
    "the commands write it: --report report.csv, or --format",
  );
}
