import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { EexitError, receivedError, type SentError } from "../src/errors.ts";
import { builtFile } from "../src/io/built-file.ts";

interface Listener<Message> {
  message(child: number, message: Message): void;
  /** A child gave up; the others go on. */
  refused(child: number, error: Error): void;
}

/** From its TypeScript sources (in tests) the program has no file for a child to run. */
export const canStartChildren: boolean = import.meta.url.endsWith(".js");

/**
 * Child processes of one kind. Threads will not do for models: a program that exits while the runtime works in another thread
 * is aborted (status 134). Children hold no file or terminal; they are killed with this process, and end by themselves when it
 * is gone.
 */
export class ChildProcesses<Message> {
  readonly #children: readonly ChildProcess[];
  readonly #kill = () => {
    for (const child of this.#children) child.kill("SIGKILL");
  };
  #ending = false;
  /** Rejects when a child ends before it is told to. */
  readonly lost: Promise<never>;

  /**
   * @param entry compiled file, by its path in dist/
   * @param count at least 1
   */
  constructor(entry: string, count: number, listener: Listener<Message>) {
    const file = builtFile(entry)!;
    this.#children = Array.from({ length: count }, () =>
      fork(file, [], { serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"] }),
    );
    process.once("exit", this.#kill);
    this.lost = new Promise((_, reject) => {
      for (const [index, child] of this.#children.entries()) {
        child.on("message", (message: Message | SentError) => {
          const error = receivedError(message as object);
          if (error !== null) listener.refused(index, error);
          else listener.message(index, message as Message);
        });
        // A message that cannot be sent any more: the end of the child is told by the next event.
        child.on("error", () => {});
        child.on("exit", (status, signal) => {
          if (!this.#ending) reject(lostChild(index, count, signal ?? `status ${status}`));
        });
      }
    });
    // It may be awaited late or, after another error, never.
    this.lost.catch(() => {});
  }

  /** @returns when the message has left this process */
  send(child: number, message: object): Promise<void> {
    return new Promise((resolve) => this.#children[child].send(message, () => resolve()));
  }

  sendAll(message: object): Promise<unknown> {
    return Promise.all(this.#children.map((_, child) => this.send(child, message)));
  }

  /** Ends all children, whatever they are doing. */
  async end(): Promise<void> {
    this.#ending = true;
    const ended = this.#children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit"));
    this.#kill();
    await Promise.all(ended);
    process.off("exit", this.#kill);
  }
}

/** The first process is this one. */
function lostChild(index: number, count: number, how: string): EexitError {
  return new EexitError(
    "model-failed",
    `process ${index + 2} of ${count + 1} ended (${how}) before its rows were answered, expected it to run the model to the end`,
    "it may have been out of memory: use a smaller --batch, or --processes 1",
  );
}
