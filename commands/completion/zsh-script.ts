import { tool } from "../../src/version.ts";
import type { CompletionCommand, CompletionOption, CompletionValue } from "./completion-table.ts";

/** A completion function for zsh, with descriptions; loaded by eval or from a folder of \`fpath\` as \`_eexit\`. */
export function zshScript(table: readonly CompletionCommand[]): string {
  return `#compdef eexit
# zsh completion for ${tool.name} ${tool.version}, written by: eexit completion zsh
# Load it in ~/.zshrc after compinit:  eval "$(eexit completion zsh)"

# A comma list: what stands before the last comma stays.
_eexit_list() {
  compset -P '*,'
  compadd -q -S ',' -- "$@"
}

_eexit_words_or_files() {
  compadd -- "$@"
  _files
}

_eexit() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${table.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands 'eexit command' commands ;;
    rest)
      case $words[1] in
${table.map(commandCase).join("\n")}
      esac ;;
  esac
}

if [[ $funcstack[1] = _eexit ]]; then _eexit "$@"; else compdef _eexit eexit; fi
`;
}

function commandCase({ name, options, operands }: CompletionCommand): string {
  const specs = options.flatMap(optionSpecs);
  if (operands) specs.push(quoted(`*:${plain(operands.label)}:${action(operands)}`));
  return `        ${name})
          _arguments -s -S \\
${specs.map((spec) => `            ${spec}`).join(" \\\n")} ;;`;
}

function optionSpecs({ names, description, value, repeats }: CompletionOption): string[] {
  const excluded = repeats ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
  const tail = value === null ? "" : `:${plain(value.label)}:${action(value)}`;
  return names.map((name) => {
    const separator = value === null ? "" : name.startsWith("--") ? "=" : "+";
    return quoted(`${excluded}${name}${separator}[${description.replace(/[[\]\\]/g, "\\$&")}]${tail}`);
  });
}

function action({ words, list, paths }: CompletionValue): string {
  const escaped = words.map((word) => word.replaceAll(":", "\\:")).join(" ");
  if (words.length > 0 && list) return ` _eexit_list ${escaped}`;
  if (words.length > 0 && paths) return ` _eexit_words_or_files ${escaped}`;
  if (words.length > 0) return `(${escaped})`;
  if (paths === "folders") return "_files -/";
  return paths ? "_files" : " ";
}

/** A message of \`_arguments\` ends at a colon. */
function plain(label: string): string {
  return label.replaceAll(":", "\\:");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
