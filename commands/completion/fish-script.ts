import { tool } from "../../src/version.ts";
import type { CompletionCommand, CompletionOption } from "./completion-table.ts";

/** Completions for fish, with descriptions; loaded by `source` or from ~/.config/fish/completions/eexit.fish. */
export function fishScript(table: readonly CompletionCommand[]): string {
  const withoutOperands = table.filter(({ operands }) => operands === null || operands.paths === null);
  return `# fish completion for ${tool.name} ${tool.version}, written by: eexit completion fish
# Load it in ~/.config/fish/config.fish:  eexit completion fish | source

function __eexit_needs_command
    test (count (commandline -opc)) -eq 1
end

function __eexit_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

# A comma list: what stands before the last comma stays.
function __eexit_list
    set -l before (commandline -ct | string replace -r -- '^--[^=]*=' '' | string match -r -- '^.*,')
    set -q before[1]; or set before ''
    printf '%s\\n' $before$argv
end

complete -c eexit -e
complete -c eexit -f -n __eexit_needs_command
complete -c eexit -f -n '__eexit_command ${withoutOperands.map(({ name }) => name).join(" ")}'
${table.map(({ name, summary }) => `complete -c eexit -n __eexit_needs_command -a ${name} -d ${quoted(summary)}`).join("\n")}
${table.flatMap(commandLines).join("\n")}
`;
}

function commandLines({ name, options, operands }: CompletionCommand): string[] {
  const start = `complete -c eexit -n '__eexit_command ${name}'`;
  const lines = options.map((option) => `${start} ${optionWords(option)}`);
  if (operands && operands.words.length > 0) lines.push(`${start} -a ${quoted(operands.words.join(" "))}`);
  return lines;
}

function optionWords({ names, description, value }: CompletionOption): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const words = [...flags];
  if (value !== null) {
    words.push(value.paths ? "-r -F" : "-x");
    const listed = value.words.join(" ");
    if (value.words.length > 0) words.push(`-a ${quoted(value.list ? `(__eexit_list ${listed})` : listed)}`);
    if (value.paths === "folders") words[words.indexOf("-r -F")] = "-x -a '(__fish_complete_directories)'";
  }
  return `${words.join(" ")} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
