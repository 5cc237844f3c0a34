import type { Command, Option } from "commander";
import { tool } from "../src/version.ts";
import { helpOf } from "./new-command.ts";

/**
 * The manual page eexit(1) in the classic man macros, which groff and mandoc both read, from the parser's own commands and
 * options. No date: equal programs give equal pages.
 */
export function manPage(
  commands: readonly Command[],
  topics: Readonly<Record<string, string>>,
  synopsis: readonly string[],
): string {
  return [
    `.TH EEXIT 1 "" "${tool.name} ${tool.version}" "User Commands"`,
    section("NAME"),
    escaped("eexit - early-exit neural networks, fast and provably safe"),
    section("SYNOPSIS"),
    ...synopsis.flatMap((line) => [".B eexit", escaped(line), ".br"]).slice(0, -1),
    section("DESCRIPTION"),
    escaped(
      "A network with several exits can answer early when it is confident. eexit chooses the confidence threshold from held-out data so that the price of leaving early stays below a level ε with a statistical guarantee, says what is promised and what is not, writes the rule into the model, and watches afterwards that it stays true.",
    ),
    section("OPTIONS OF EVERY COMMAND"),
    ...(groups(commands[0]).get(everywhere) ?? []).flatMap(optionPart),
    section("COMMANDS"),
    ...commands.flatMap(commandPart),
    ...Object.entries(topics).flatMap(([name, text]) => [section(name.toUpperCase()), ...verbatim(text)]),
    section("ENVIRONMENT"),
    ...environment.flatMap(([name, meaning]) => [".TP", `.B ${name}`, escaped(meaning)]),
    section("FILES"),
    ".TP",
    ".B eexit.config.json",
    escaped("Defaults of options, in the working folder; eexit COMMAND --print-config shows what applies."),
    "",
  ].join("\n");
}

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ["NO_COLOR", "No colour."],
  ["FORCE_COLOR", "Colour even where the output is no terminal; 0 for none."],
  ["EEXIT_QUIET", "As -q: only errors on stderr."],
  ["EEXIT_THREADS", "As --threads of the commands that run models."],
];

function commandPart(command: Command): string[] {
  const { usage, examples, details, exitStatuses } = helpOf(command);
  return [
    `.SS ${escaped(`eexit ${command.name()}`)}`,
    escaped(command.description()),
    ".PP",
    `.B ${escaped(`eexit ${usage}`)}`,
    ...[...groups(command)].flatMap(([heading, options]) =>
      heading === everywhere ? [] : [".PP", `.I ${escaped(heading)}`, ...options.flatMap(optionPart)],
    ),
    ".PP",
    ".I Examples:",
    ...verbatim(examples.join("\n")),
    ...(details ? verbatim(details.trim()) : []),
    ".PP",
    ".I Exit status:",
    ...verbatim(exitStatuses.join("\n")),
  ];
}

const everywhere = "General:";

/** A command's own options by their group; those that every command has are shown once, in a section of their own. */
function groups(command: Command): Map<string, Option[]> {
  const found = new Map<string, Option[]>();
  for (const option of command.options) {
    const heading = option.helpGroupHeading ?? "Options:";
    if (!option.hidden) found.set(heading, [...(found.get(heading) ?? []), option]);
  }
  return found;
}

function optionPart(option: Option): string[] {
  return [".TP", `.B ${escaped(option.flags)}`, escaped(option.description)];
}

function section(name: string): string {
  return `.SH ${escaped(name)}`;
}

/** Lines as they stand. */
function verbatim(text: string): string[] {
  return [".PP", ".nf", ...text.trimEnd().split("\n").map(escaped), ".fi"];
}

/** What roff would obey or change: backslashes, hyphens that should stay ASCII, a dot or quote at the start, other letters. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/[^\x20-\x7e]/gu, (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`)
    .replace(/^[.']/, "\\&$&");
}
