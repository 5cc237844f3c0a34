import type { Command } from "commander";
import { newCommand } from "./new-command.ts";
import type { Session } from "./session.ts";

export function planCommand(_session: Session): Command {
  return newCommand("plan", "stub", { examples: [] });
}
