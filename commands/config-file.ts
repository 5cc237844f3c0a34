import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { printable } from "../src/io/printable.ts";
import type { ConfigOutcome } from "./print-config.ts";
import type { Session } from "./session.ts";
import { suggest } from "./suggest.ts";

export const CONFIG_FILE = "eexit.config.json";

/** Commands that take defaults from the config file. What check and verify share with a calibration comes from the threshold file alone. */
const configurable: ReadonlySet<string> = new Set(["calibrate", "sweep", "score", "plan", "check"]);

/** What check may take from it: nothing that the calibration decided. */
const ownOfCheck: ReadonlySet<string> = new Set(["alpha", "strict", "max-mean-exit", "min-saving", "format"]);

/** Ends a run whose question was --print-config. */
export class ConfigPrinted extends Error {}

/**
 * Gives options that no flag has set the values of `eexit.config.json` in the working folder, and says so on stderr.
 * Keys are long option names, for all commands or under a command's name: `{ "delta": 0.05, "sweep": { "trials": 100 } }`.
 * With --print-config that is all that happens.
 *
 * @throws bad-usage for a file that is not such an object, or a key that no command knows
 */
export function applyConfig(command: Command, allOptionNames: () => Promise<ReadonlySet<string>>, session: Session) {
  command.hook("preAction", async () => {
    const print = command.getOptionValue("printConfig") === true;
    const outcome = await applied(command, allOptionNames, print, session);
    if (!print) return;
    const { configText } = await import("./print-config.ts");
    session.answer(configText(command, outcome, session));
    throw new ConfigPrinted();
  });
}

/** Puts the settings of the file where no flag has; what it says about them is left out where they are printed anyway. */
async function applied(
  command: Command,
  allOptionNames: () => Promise<ReadonlySet<string>>,
  print: boolean,
  session: Session,
): Promise<ConfigOutcome> {
  const folder = workingFolder(session);
  const config = print || configurable.has(command.name()) ? readConfig(folder) : null;
  const outcome = { path: config && join(folder, CONFIG_FILE), fileName: CONFIG_FILE, ignored: [] as string[] };
  if (config === null || !configurable.has(command.name())) {
    if (config !== null) outcome.ignored.push(`all of it: ${command.name()} takes nothing from a config file`);
    return outcome;
  }
  const known = await allOptionNames();
  for (const [key, value] of entriesFor(config, command.name(), known)) {
    const option = command.options.find(({ long }) => long === `--${key}` || long === `--no-${key}`);
    if (!option || (command.name() === "check" && !ownOfCheck.has(key))) {
      outcome.ignored.push(option ? `${key}: the threshold file decides` : `${key}: no option of ${command.name()}`);
      continue;
    }
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (source !== undefined && source !== "default") continue;
    command.setOptionValueWithSource(
      name,
      optionValue(key, value, command.getOptionValue(name), option.parseArg !== undefined),
      "config",
    );
    if (!print) session.say(`note: --${key} ${JSON.stringify(value)} comes from ${CONFIG_FILE}`);
  }
  return outcome;
}

export function workingFolder({ terminal: { cwd } }: Session): string {
  return typeof cwd === "string" ? cwd : process.cwd();
}

/** The settings of the folder's config file; null where there is none. @throws bad-usage for anything but an object */
export function readConfig(folder: string): Record<string, unknown> | null {
  let text: string;
  try {
    text = readFileSync(join(folder, CONFIG_FILE), "utf8");
  } catch {
    return null;
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new EexitError(
      "bad-usage",
      `${CONFIG_FILE}: not JSON (${printable((error as Error).message)}), expected an object of options`,
      'write for example { "delta": 0.05 }',
    );
  }
  if (config !== null && typeof config === "object" && !Array.isArray(config)) return config as Record<string, unknown>;
  throw new EexitError(
    "bad-usage",
    `${CONFIG_FILE}: expected an object of options`,
    'write for example { "delta": 0.05 }',
  );
}

/** Common settings first, then those under the command's own name, which go before them. */
function entriesFor(config: Record<string, unknown>, command: string, known: ReadonlySet<string>): [string, unknown][] {
  const isSection = (value: unknown) => value !== null && typeof value === "object" && !Array.isArray(value);
  const common = Object.entries(config).filter(([, value]) => !isSection(value));
  const own = Object.entries((config[command] ?? {}) as Record<string, unknown>);
  const merged = new Map([...common, ...own].map(positive));
  assertKnown([...merged.keys()], known);
  return [...merged];
}

/** @throws bad-usage for a key that no command knows */
export function assertKnown(keys: readonly string[], known: ReadonlySet<string>): void {
  for (const key of keys) {
    if (known.has(key)) continue;
    const near = suggest(key, [...known]);
    throw new EexitError(
      "bad-usage",
      `${CONFIG_FILE}: ${key} is no option, expected a long option name`,
      near ? `did you mean ${near}?` : "keys are the long options that a command's --help lists, without --",
    );
  }
}

/** `"no-shuffle": true` is `"shuffle": false`. */
function positive([key, value]: [string, unknown]): [string, unknown] {
  return key.startsWith("no-") && typeof value === "boolean" ? [key.slice(3), !value] : [key, value];
}

/** As the command line would have given it: text, a list of texts for repeatable options, or a switch. */
function optionValue(key: string, value: unknown, before: unknown, repeatable: boolean): unknown {
  if (typeof value === "boolean" && (before === undefined || typeof before === "boolean")) return value;
  const items = Array.isArray(value) ? value : [value];
  if (!items.every((item) => typeof item === "string" || typeof item === "number")) {
    throw new EexitError(
      "bad-usage",
      `${CONFIG_FILE}: ${key} is ${JSON.stringify(value)}, expected text, a number or a list of those`,
      "see eexit help and the command's --help for what each option takes",
    );
  }
  return repeatable ? items.map(String) : items.join(",");
}
