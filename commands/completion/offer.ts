import type { Command } from "commander";

/**
 * Names the words that an option takes, for completion and the man page. The parser keeps its own check, with a suggestion for
 * slips; a test compares the two. Files are completed as well where the option's placeholder speaks of them.
 */
export function offer(command: Command, long: string, words: readonly string[]): void {
  const option = command.options.find((known) => known.long === long);
  if (option === undefined) throw new Error(`${command.name()} has no option ${long}`);
  option.argChoices = [...words];
}
