import type { Command, Option } from "commander";
import type { ReportDocument } from "../src/report/document.ts";
import { renderText } from "../src/report/text.ts";
import type { Session } from "./session.ts";

/** What the config file came to for one command. */
export interface ConfigOutcome {
  /** Null where there is no such file. */
  readonly path: string | null;
  readonly fileName: string;
  /** Keys that the command has no use for, or may not take from it, as `key: reason`. */
  readonly ignored: readonly string[];
}

const notSettings: ReadonlySet<string> = new Set(["-h", "--help", "--print-config", "--debug"]);

/** The options of a command as they apply, each with its source: flag, config file, environment or default. */
export function configText(command: Command, outcome: ConfigOutcome, session: Session): string {
  const options = command.options.filter((option) => !option.hidden && !notSettings.has(option.long ?? option.flags));
  const file = outcome.path === null ? `no ${outcome.fileName} in the working folder` : outcome.path;
  const document: ReportDocument = {
    title: `eexit ${command.name()}`,
    verdict: null,
    statements: ["A flag goes before the config file, that before the default. Nothing was run."],
    facts: [
      { label: "config file", value: file },
      ...outcome.ignored.map((text) => ({ label: "not used here", value: text })),
    ],
    tables: [
      {
        title: "",
        columns: (["option", "value", "from"] as const).map((name) => ({ key: name, label: name, align: "left" })),
        rows: options.map((option) => row(command, option, outcome, session)),
      },
    ],
    checks: [],
    cautions: [],
    json: null,
  };
  return renderText(document);
}

function row(command: Command, option: Option, { fileName }: ConfigOutcome, session: Session): string[] {
  const name = option.long ?? option.flags;
  const value = command.getOptionValue(option.attributeName());
  const source = command.getOptionValueSource(option.attributeName());
  if (source === "cli") return [name, shown(option, value), "flag"];
  if (source === "config") return [name, shown(option, value), fileName];
  const variable = { "--threads": "EEXIT_THREADS", "--quiet": "EEXIT_QUIET" }[name];
  const given = variable && session.terminal.env[variable];
  if (variable && given) return [name, name === "--quiet" ? "on" : given, variable];
  if (!option.required) return [name, "off", "default"];
  const fallback = /\(default:? (.*?)\)/.exec(option.description)?.[1];
  return fallback === undefined ? [name, "–", "not set"] : [name, fallback, "default"];
}

/** `--no-shuffle` is on when shuffle is false. */
function shown(option: Option, value: unknown): string {
  if (typeof value === "boolean") return value === option.negate ? "off" : "on";
  return Array.isArray(value) ? value.join(",") : String(value);
}
