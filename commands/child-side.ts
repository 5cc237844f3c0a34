import { sentError } from "../src/errors.ts";

/** In a child process: its messages in order, one after the other; ends with the process that started it. */
export function serveParent<Message>(receive: (message: Message) => Promise<void>): void {
  let last: Promise<void> = Promise.resolve();
  process.on("disconnect", () => process.exit());
  process.on("message", (message: Message) => {
    last = last.then(() => receive(message)).catch(tellError);
  });
}

/** @returns when the message has left, so that answers do not pile up here */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()));
}

export async function tellError(error: unknown): Promise<void> {
  await tellParent(sentError(error));
}
