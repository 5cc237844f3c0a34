import { existsSync } from "node:fs";
import type { Command, CommanderError } from "commander";
import { EexitError } from "../src/errors.ts";
import { tool } from "../src/version.ts";
import { commandList, plannedCommands } from "./command-list.ts";
import { NoInput } from "./no-input.ts";
import { Session, type Terminal } from "./session.ts";
import { suggest } from "./suggest.ts";
import { topicNames } from "./topic-names.ts";

/**
 * Runs eexit on a terminal.
 *
 * @param argv without the node binary and the script
 * @returns the exit status: 0 ok, 1 the check says no, 2 could not do the job, 3 internal error
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const session = new Session(terminal, run, allCommands);
  try {
    await session.loadColours();
    await dispatch(argv, session);
    return session.exitStatus;
  } catch (error) {
    return report(error, session);
  }
}

async function dispatch(argv: readonly string[], session: Session): Promise<void> {
  const words = argv.filter((word) => !word.startsWith("-"));
  const [name, ...rest] = argv;
  if (argv.length === 0 || name === "-h" || name === "--help") return session.answer(mainHelp());
  if (name === "-V" || name === "--version") return session.answer(`${tool.version}\n`);
  if (name === "help" && rest.includes("--man")) return session.answer(await manual(session));
  if (name === "help") return session.answer(await helpOn(words[1], session));
  const command = await findCommand(name, session);
  if (rest.includes("--help") || rest.includes("-h"))
    return session.answer(await helpOf(command, rest.includes("--help")));
  if (
    rest.length === 0 &&
    session.terminal.stdin.isTTY &&
    command.registeredArguments.some(({ variadic }) => variadic)
  ) {
    session.complain(await helpOf(command, false));
    throw new NoInput();
  }
  session.quiet ||= rest.some((word) => word === "-q" || word === "--quiet");
  session.debug = rest.includes("--debug");
  if (rest.includes("--print-config")) for (const argument of command.registeredArguments) argument.required = false;
  // Loaded with the command: the program's own help is answered by less.
  const { applyConfig, ConfigPrinted } = await import("./config-file.ts");
  applyConfig(command, () => allOptionNames(session), session);
  try {
    await command.parseAsync(rest.map(singular), { from: "user" });
  } catch (error) {
    if (error instanceof ConfigPrinted) return;
    if (error instanceof NoInput) session.complain(await helpOf(command, false));
    throw error;
  }
}

async function helpOf(command: Command, long: boolean): Promise<string> {
  const { helpText } = await import("./new-command.ts");
  return helpText(command, long);
}

async function findCommand(name: string, session: Session) {
  const entry = commandList.find((known) => known.name === name);
  if (entry) return (await entry.load())(session);
  if (Object.hasOwn(plannedCommands, name))
    throw new EexitError("not-supported-yet", `${name}: ${plannedCommands[name]}`, "see eexit --help for what exists");
  const near = suggest(
    name,
    commandList.map((known) => known.name),
  );
  const what = name.startsWith("-") ? "option" : "command";
  if (near === null && existsSync(name)) {
    const hint = `it is a file: eexit inspect ${name} shows what it holds`;
    throw new EexitError("bad-usage", `${name}: unknown ${what}, expected a command`, hint);
  }
  throw new EexitError(
    "bad-usage",
    `${name}: unknown ${what}, expected a command`,
    near
      ? `did you mean eexit ${near}?`
      : name.startsWith("-")
        ? "options follow the command: eexit calibrate … -q"
        : "see eexit --help",
  );
}

async function allCommands(session: Session): Promise<Command[]> {
  return Promise.all(commandList.map(async ({ load }) => (await load())(session)));
}

/** Long option names of every command, for the config file's keys. */
async function allOptionNames(session: Session): Promise<ReadonlySet<string>> {
  const names = (await session.allCommands()).flatMap(({ options }) => options.map(({ long }) => long));
  return new Set(names.flatMap((long) => (long ? [long.replace(/^--(no-)?/, "")] : [])));
}

async function manual(session: Session): Promise<string> {
  const [{ manPage }, { helpTopics }] = await Promise.all([import("./man-page.ts"), import("./help-topics.ts")]);
  return manPage(await session.allCommands(), helpTopics, ["<command> [options]", "help [<command>|<topic>|--man]"]);
}

/** Plural spellings are the same options: --risks, --confidences, --methods, --epsilons. */
function singular(word: string): string {
  return word.replace(/^--(risk|confidence|method|epsilon)s(?==|$)/, "--$1");
}

async function helpOn(topic: string | undefined, session: Session): Promise<string> {
  if (topic === undefined) return mainHelp();
  const page = topicNames.find((name) => name === topic);
  if (page) return (await import("./help-topics.ts")).helpTopics[page];
  if (commandList.some((entry) => entry.name === topic)) return helpOf(await findCommand(topic, session), true);
  const near = suggest(topic, [...topicNames, ...commandList.map((entry) => entry.name)]);
  throw new EexitError(
    "bad-usage",
    `help ${topic}: no such topic, expected a command or one of ${topicNames.join(", ")}`,
    near ? `did you mean eexit help ${near}?` : "see eexit --help",
  );
}

function mainHelp(): string {
  const width = Math.max(...commandList.map(({ name }) => name.length)) + 2;
  return `eexit: early-exit neural networks, fast and provably safe

Usage: eexit <command> [options]

Examples:
  eexit demo
  eexit calibrate sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -e 0.05
  eexit check -t threshold.json fresh.npy --labels fresh-labels.npy

Commands:
${commandList.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`).join("\n")}

Topics:
  eexit help ${topicNames.join("|")}; eexit help --man for the manual page

Options:
  -V, --version   -h (short help), --help (long help) on every command

Exit status: 0 done, 1 the check says no, 2 could not do the job, 3 internal error
`;
}

/** One line for what happened, one for what helps; a stack only for our own bugs and only under --debug. */
function report(error: unknown, session: Session): number {
  if (error instanceof EexitError) {
    session.terminal.onErrorCode?.(error.code);
    say(session, error.message, error.hint);
    return 2;
  }
  if (isUsageError(error)) {
    const { message, hint } = usageError(error);
    session.terminal.onErrorCode?.("bad-usage");
    say(session, message, hint);
    return 2;
  }
  if ((error as NodeJS.ErrnoException | null)?.code === "EPIPE") return 0;
  const bug = error instanceof Error ? error : new Error(String(error));
  say(session, `internal error: ${bug.message}`, session.debug ? null : "run again with --debug and report the stack");
  if (session.debug) session.complain(bug.stack ?? "");
  return 3;
}

function say(session: Session, message: string, hint: string | null): void {
  session.complain(`${session.paint("stderr")("red", "eexit:")} ${message}`);
  if (hint !== null) session.complain(`hint: ${hint}`);
}

/** Told by its code, so that the program's own help does without loading commander. */
function isUsageError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("commander.");
}

/** Commander's words in our form: `error: unknown option '--epslon'` and `(Did you mean --epsilon?)`. */
function usageError({ message }: CommanderError): { message: string; hint: string } {
  const [what, near] = message.replace(/^error: /, "").split("\n");
  const suggestion = /Did you mean (one of )?(.*)\?/.exec(near ?? "")?.[2];
  const said = what
    .replace(/^unknown option '(.*)'$/, "$1: unknown option, expected an option of this command")
    .replace(/^option '(.*)' argument missing$/, "$1: found no value, expected one")
    .replace(/^too many arguments.*(Expected .*) but got (.*)\.$/, (_, expected: string, got: string) => {
      return `${got} arguments, ${expected[0].toLowerCase()}${expected.slice(1)}`;
    });
  return { message: said, hint: suggestion ? `did you mean ${suggestion}?` : "see the command's --help" };
}
