/** One `$ command` of a console block and the lines that follow it. */
export interface ConsoleCommand {
  /** Without the `$ `; a command continued by `\` is one line. */
  readonly line: string;
  /** As written, `$ ` and continuations included. */
  readonly source: readonly string[];
  readonly expected: readonly string[];
}

/** A fenced block of a document. */
export interface FencedBlock {
  readonly language: string;
  /** Line number of the first line inside, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

export function fencedBlocks(markdown: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w*)\s*$/.exec(lines[at])?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end === -1) throw new Error(`line ${at + 1}: a fence that is never closed`);
    blocks.push({ language, line: at + 2, lines: lines.slice(at + 1, end) });
    at = end;
  }
  return blocks;
}

export function consoleCommands({ lines, line }: FencedBlock): ConsoleCommand[] {
  const commands: { line: string; source: string[]; expected: string[] }[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at].startsWith("$ ")) {
      if (commands.length === 0) throw new Error(`line ${line + at}: output before the first command`);
      commands.at(-1)!.expected.push(lines[at]);
      continue;
    }
    const source = [lines[at]];
    while (source.at(-1)!.endsWith("\\")) source.push(lines[++at]);
    const joined = source.map((part) => part.replace(/\\$/, "").trim()).join(" ");
    commands.push({ line: joined.slice(2), source, expected: [] });
  }
  return commands;
}

/** Whether output is as written. `…` stands for any part of a line; a line that is only `…` for any lines. */
export function matches(expected: readonly string[], output: string): boolean {
  const pattern = trimmed(expected.join("\n"))
    .split("\n")
    .map((line) => (line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escaped).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${trimmed(output)}\n`);
}

/** Output as a document shows it: no trailing blanks, no blank lines at its ends. */
export function trimmed(text: string): string {
  return text
    .replace(/[ \t]+$/gm, "")
    .replace(/^\n+/, "")
    .trimEnd();
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
