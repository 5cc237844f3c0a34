import { Command, Option } from "commander";

/** What the help of a command says beyond its options. Examples come first and are run by a test. */
export interface HelpText {
  readonly examples: readonly string[];
  /** Shown by --help only. */
  readonly details?: string;
  readonly exitStatuses?: readonly string[];
}

const helpByCommand = new WeakMap<Command, HelpText>();

/** A command whose errors are thrown instead of printed and whose help starts with examples. */
export function newCommand(name: string, summary: string, help: HelpText): Command {
  const command: Command = new Command(name)
    .description(summary)
    .helpOption(false)
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} });
  command.optionsGroup("General:");
  command.addOption(new Option("-q, --quiet", "only errors on stderr"));
  command.addOption(new Option("--print-config", "show the options that apply and where each comes from"));
  command.addOption(new Option("--debug", "show the stack of an internal error"));
  command.addOption(new Option("-h", "short help"));
  command.addOption(new Option("--help", "long help: examples, details, exit statuses"));
  helpByCommand.set(command, help);
  return command;
}

/** The parts of a command's help, for the manual page. */
export function helpOf(
  command: Command,
): HelpText & { readonly usage: string; readonly exitStatuses: readonly string[] } {
  const help = helpByCommand.get(command) as HelpText;
  return { ...help, usage: usageOf(command), exitStatuses: help.exitStatuses ?? usualStatuses };
}

const usualStatuses: readonly string[] = [
  "0  done",
  "2  could not do the job (usage, file, data)",
  "3  internal error",
];

/** `-h` shows usage, examples and options; `--help` adds details and exit statuses. */
export function helpText(command: Command, long: boolean): string {
  const { usage, examples, details, exitStatuses } = helpOf(command);
  const sections = [
    `${command.description()}\n\nUsage: eexit ${usage}`,
    `Examples:\n${examples.map((example) => `  ${example}`).join("\n")}`,
    ...optionSections(command),
  ];
  if (long && details) sections.push(details.trim());
  if (long) sections.push(`Exit status:\n${exitStatuses.map((line) => `  ${line}`).join("\n")}`);
  else sections.push(`More: eexit ${command.name()} --help`);
  return `${sections.join("\n\n")}\n`;
}

function usageOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${word}>` : `[${word}]`;
  });
  return [command.name(), ...words, "[options]"].join(" ");
}

function optionSections(command: Command): string[] {
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    if (option.hidden) continue;
    const group = option.helpGroupHeading ?? "Options:";
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  const general = groups.get("General:") ?? [];
  groups.delete("General:");
  return [...groups, ["General:", general] as const].map(
    ([heading, options]) => `${heading}\n${options.map((option) => optionLine(option)).join("\n")}`,
  );
}

const FLAG_WIDTH = 32;
const LINE_WIDTH = 100;

function optionLine(option: Option): string {
  const words = option.description.split(" ");
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && FLAG_WIDTH + 3 + line.length + word.length >= LINE_WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  const flags = `  ${option.flags}`;
  const gap = flags.length > FLAG_WIDTH ? `${flags}\n${" ".repeat(FLAG_WIDTH + 2)}` : flags.padEnd(FLAG_WIDTH + 2);
  return gap + lines.join(`\n${" ".repeat(FLAG_WIDTH + 2)}`);
}
