import { fstatSync } from "node:fs";
import { run } from "./program.ts";
import type { Terminal } from "./session.ts";

/** The real process: a closed pipe ends the program quietly, and the exit status waits for pending output. */
export async function main(process: NodeJS.Process): Promise<void> {
  let status: number | undefined;
  const opened = new Set<string>();
  const open = (name: "stdout" | "stderr"): NodeJS.WriteStream => {
    if (opened.has(name)) return process[name];
    opened.add(name);
    return process[name].on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(status ?? 0);
      // A full disk behind stdout: the answer is lost, and saying so must not go the same way.
      if (name === "stdout") process.stderr.write(`eexit: stdout: cannot be written (${error.code})\n`);
      process.exit(2);
    });
  };
  // Streams are opened by their first use: one that is a pipe makes Node load its network code (8 ms), and most runs say nothing on stderr.
  const terminal: Terminal = {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return open("stdout");
    },
    get stderr() {
      return open("stderr");
    },
    env: process.env,
    isTerminal: (name) => isDevice(name === "stdout" ? 1 : 2) && process[name].isTTY === true,
  };
  // By an exit of its own the program removes unfinished files; a signal's default would leave them.
  process.on("SIGHUP", () => process.exit(129));
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  // Should the event loop ever run dry before there is an answer, that is a bug and must not look like success.
  process.exitCode = 3;
  status = await run(process.argv.slice(2), terminal);
  process.exitCode = status;
}

/** Every terminal is a device; files and pipes are told from one without opening a stream. */
function isDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return true;
  }
}
