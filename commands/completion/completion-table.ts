import type { Command, Option } from "commander";

/** What can follow on a command line, drawn from the parser's own commands and options. */
export interface CompletionCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  /** What stands without an option: words, files, or nothing. */
  readonly operands: CompletionValue | null;
}

export interface CompletionOption {
  /** `-e` and `--epsilon`, or one of them. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for a switch. */
  readonly value: CompletionValue | null;
  /** May be given more than once. */
  readonly repeats: boolean;
}

export interface CompletionValue {
  /** Its name in the help, without brackets. */
  readonly label: string;
  readonly words: readonly string[];
  /** Several words with commas between them. */
  readonly list: boolean;
  readonly paths: "files" | "folders" | null;
}

/** The table of all commands, and of `help`, which the program answers itself. */
export function completionTable(commands: readonly Command[], topics: readonly string[]): CompletionCommand[] {
  const names = commands.map((command) => command.name());
  const help: CompletionCommand = {
    name: "help",
    summary: "help on a command or a topic",
    options: [{ names: ["--man"], description: "the manual page, for man -l", value: null, repeats: false }],
    operands: { label: "topic", words: [...topics, ...names], list: false, paths: null },
  };
  return [...commands.map(completionCommand), help];
}

function completionCommand(command: Command): CompletionCommand {
  const [operand] = command.registeredArguments;
  return {
    name: command.name(),
    summary: command.description().replace(/\.$/, ""),
    options: command.options.filter((option) => !option.hidden).map(completionOption),
    operands: operand
      ? {
          label: operand.name(),
          words: operand.argChoices ?? [],
          list: false,
          paths: operand.argChoices ? null : "files",
        }
      : null,
  };
}

function completionOption(option: Option): CompletionOption {
  const repeats = option.parseArg !== undefined;
  const placeholder = /[<[](.*)[>\]]$/.exec(option.flags)?.[1] ?? "";
  const words = option.argChoices ?? [];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null) as string[],
    description: option.description,
    value: option.required
      ? { label: placeholder, words, list: repeats && words.length > 0, paths: paths(placeholder) }
      : null,
    repeats,
  };
}

/** Told from the placeholder, as people tell it. */
function paths(placeholder: string): CompletionValue["paths"] {
  if (/file|path|input|key$|thresholds/.test(placeholder)) return "files";
  return placeholder === "folder" ? "folders" : null;
}
