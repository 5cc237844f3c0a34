import { Argument, type Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { bashScript } from "./completion/bash-script.ts";
import { completionTable } from "./completion/completion-table.ts";
import { fishScript } from "./completion/fish-script.ts";
import { zshScript } from "./completion/zsh-script.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";
import { topicNames } from "./topic-names.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof scripts;
const shells = Object.keys(scripts) as Shell[];

const details = `
Completes commands, options, the words that an option takes (risks, methods, confidences, formats; comma
lists too) and files. The script holds the whole table, so that no program is started for a TAB: after
an update of eexit it is written again, at the next start of the shell where it is loaded like this:
  bash  in ~/.bashrc                    eval "$(eexit completion bash)"
  zsh   in ~/.zshrc, after compinit     eval "$(eexit completion zsh)"
  fish  in ~/.config/fish/config.fish   eexit completion fish | source
Written to a file instead, it is found by the shell and loaded at the first TAB:
  bash  ~/.local/share/bash-completion/completions/eexit (with the package bash-completion)
  zsh   _eexit in a folder of fpath
  fish  ~/.config/fish/completions/eexit.fish`;

export function completionCommand(session: Session): Command {
  const command = newCommand("completion", "A script that completes eexit's command line in bash, zsh or fish.", {
    examples: ['eval "$(eexit completion bash)"', "eexit completion fish > ~/.config/fish/completions/eexit.fish"],
    details,
  });
  const argument = new Argument("[shell]", shells.join(", "));
  argument.argChoices = shells;
  command.addArgument(argument);
  command.action((shell: string | undefined) => run(shell, session));
  return command;
}

async function run(shell: string | undefined, session: Session): Promise<void> {
  if (shell === undefined) {
    throw new EexitError(
      "bad-usage",
      `no shell: expected ${shells.join(", ")}`,
      'for example in ~/.bashrc: eval "$(eexit completion bash)"',
    );
  }
  const script = scripts[parseChoice("completion", shell, shells)];
  session.answer(script(completionTable(await session.allCommands(), topicNames)));
}
