import type { Command } from "commander";
import { newCommand } from "./new-command.ts";
import type { Session } from "./session.ts";

export function verifyCommand(_session: Session): Command {
  return newCommand("verify", "stub", { examples: [] });
}
