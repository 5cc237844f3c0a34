import type { Command } from "commander";
import { doctorDocument } from "../src/report/doctor-document.ts";
import { renderJson } from "../src/report/json.ts";
import { renderText } from "../src/report/text.ts";
import { offer } from "./completion/offer.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";

const details = `
Tries, offline, what eexit stands on: Node, onnxruntime-node (loads it and runs a model of two operators),
apache-arrow, zod, SIMD WebAssembly, threads, the temporary folder, colour and the config file of the
working folder. Without onnxruntime-node the commands that run models do not work, and the others do.
For a report of a problem, add the output.`;

const formats = { text: renderText, json: renderJson } as const;

export function doctorCommand(session: Session): Command {
  const command = newCommand("doctor", "What is installed here and what works.", {
    examples: ["eexit doctor", "eexit doctor --format json | jq -r .ok"],
    details,
    exitStatuses: [
      "0  everything works",
      "1  something does not, such as onnxruntime-node or the config file",
      "2  could not do the job (usage)",
      "3  internal error",
    ],
  });
  command.optionsGroup("Output:");
  command.option("--format <name>", "text or json (default text)");
  offer(command, "--format", Object.keys(formats));
  command.action((flags: { format?: string }) => run(flags, session));
  return command;
}

async function run(flags: { format?: string }, session: Session): Promise<void> {
  const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
  const { examinations } = await import("./examinations.ts");
  const found = await examinations(session);
  session.answer(formats[format](doctorDocument(found)));
  if (found.some(({ status }) => status === "failed")) session.exitStatus = 1;
}
