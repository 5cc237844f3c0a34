import { tool } from "../../src/version.ts";
import type { CompletionCommand, CompletionOption } from "./completion-table.ts";

/**
 * A bash function with the whole table in it: no program is started for a TAB. It works in bash 3.2 (macOS) as in 5. Bash
 * breaks words at "=" and ":", which options and methods hold, so the word is taken from the line and what bash keeps of it is
 * cut off again. Paths are left to bash itself, which knows about quotes and tildes.
 */
export function bashScript(table: readonly CompletionCommand[]): string {
  return `# bash completion for ${tool.name} ${tool.version}, written by: eexit completion bash
# Load it in ~/.bashrc:  eval "$(eexit completion bash)"

_eexit() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} command=\${COMP_WORDS[1]} words= flags= list= paths= found=
  local current=\${line##*[[:space:]]} before option value head i
  before=\${line%"$current"}
  before=\${before%"\${before##*[![:space:]]}"}
  option=\${before##*[[:space:]]}
  value=$current
  if [[ $current == --*=* ]]; then option=\${current%%=*} value=\${current#*=}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words='${table.map(({ name }) => name).join(" ")}'
  else
    case $command in
${table.map(commandCase).join("\n")}
    esac
    if [[ -z $found && $current == -* ]]; then words=$flags list= paths=; fi
  fi
  if [[ -z $words ]]; then
    [[ -n $paths ]] || compopt +o default +o bashdefault 2>/dev/null
    return 0
  fi
  before=
  if [[ -n $list && $value == *,* ]]; then before=\${value%,*},; fi
  head=\${current%"$value"}$before
  COMPREPLY=($(compgen -W "$words" -- "\${value#"$before"}"))
  for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do
    COMPREPLY[i]=$head\${COMPREPLY[i]}
    COMPREPLY[i]=\${COMPREPLY[i]#"\${current%"$2"}"}
  done
}

complete -o default -o bashdefault -F _eexit eexit
`;
}

function commandCase({ name, options, operands }: CompletionCommand): string {
  const flags = options.flatMap(({ names }) => names).join(" ");
  const valued = options.filter(({ value }) => value !== null);
  return `      ${name})
        flags='${flags}'
        case $option in
${[...grouped(valued)].map(([effect, names]) => `          ${names.join("|")}) ${effect} ;;`).join("\n")}
          *) ${operands === null ? ":" : effectOf(operands, "")} ;;
        esac ;;`;
}

/** Options that are completed alike share a line. */
function grouped(options: readonly CompletionOption[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { names, value } of options) {
    const effect = effectOf(value as NonNullable<typeof value>, "found=1");
    groups.set(effect, [...(groups.get(effect) ?? []), ...names]);
  }
  return groups;
}

function effectOf({ words, list, paths }: NonNullable<CompletionOption["value"]>, first: string): string {
  const parts = [
    first,
    words.length > 0 ? `words='${words.join(" ")}'` : "",
    list ? "list=1" : "",
    paths ? "paths=1" : "",
  ];
  return parts.filter(Boolean).join(" ") || ":";
}
