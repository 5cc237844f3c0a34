import { run } from "./program.ts";

/** The real process: a closed pipe ends the program quietly, and the exit status waits for pending output. */
export async function main(process: NodeJS.Process): Promise<void> {
  let status: number | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(status ?? 0);
      // A full disk behind stdout: the answer is lost, and saying so must not go the same way.
      if (stream !== process.stderr) process.stderr.write(`eexit: stdout: cannot be written (${error.code})\n`);
      process.exit(2);
    });
  }
  // By an exit of its own the program removes unfinished files; a signal's default would leave them.
  process.on("SIGHUP", () => process.exit(129));
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  // Should the event loop ever run dry before there is an answer, that is a bug and must not look like success.
  process.exitCode = 3;
  status = await run(process.argv.slice(2), process);
  process.exitCode = status;
}
