import type { Command } from "commander";
import { parseThresholdText, readThresholdFile } from "../src/io/threshold-file.ts";
import { explainDocument } from "../src/report/explain-document.ts";
import { renderJson } from "../src/report/json.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderText } from "../src/report/text.ts";
import { offer } from "./completion/offer.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";

const details = `
Says what to deploy (with a line of pseudo-code and one of numpy), what is promised and what is not,
under which assumptions, what it was calibrated on, and what it saves in which unit. Nothing is
computed anew: eexit verify does that on the calibration data, eexit check tests on fresh data.`;

const formats = { text: renderText, json: renderJson, markdown: renderMarkdown } as const;

export function explainCommand(session: Session): Command {
  const command = newCommand(
    "explain",
    "A threshold file in plain words: what to deploy, what is promised and what is not.",
    {
      examples: [
        "eexit explain threshold.json",
        "eexit calibrate sample-data/digits/logits_cal.npy -e 0.05 -q | eexit explain -",
        "eexit explain threshold.json --format json | jq -r .deploy.numpy",
      ],
      details,
    },
  );
  command.argument("<threshold>", "a threshold file of eexit calibrate, or - for stdin");
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json or markdown (default text)");
  offer(command, "--format", Object.keys(formats));
  command.action(async (path: string, flags: { format?: string }) => {
    const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
    const file =
      path === "-"
        ? await parseThresholdText("-", Buffer.from(await session.readStdin()).toString("utf8"))
        : await readThresholdFile(path);
    session.answer(formats[format](explainDocument(file)));
  });
  return command;
}
