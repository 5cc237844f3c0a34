import type { AnswersInOrder } from "./answers-in-order.ts";
import { MOST_BATCHES_HELD } from "./infer-share.ts";

/** Batches of its own that a process is granted at once, and after which at the latest it tells what is complete. */
export const BATCHES_AT_ONCE = 64;
/**
 * Batches of its own by which a process may be ahead of the answers that were handed on. Any batch is complete, and told of, by the
 * time that many more have been started, so nobody waits for ever.
 */
const MOST_AHEAD = MOST_BATCHES_HELD + 3 * BATCHES_AT_ONCE;

/**
 * Keeps processes that share the batches within reach of each other, so that memory stays flat however slow one of them is or the
 * reader of the answers; and knows when all is done or one of them cannot go on.
 */
export class ShareWindow {
  readonly #answers: AnswersInOrder;
  readonly #processCount: number;
  readonly #batchCount: number;
  readonly #grant: (until: number) => void;
  readonly #errors = new Map<number, Error>();
  /** Batches below this number may be started. */
  #until = 0;
  #wake = () => {};
  #isClosed = false;
  #finish!: () => void;
  /** Ends the work with this error. */
  fail!: (error: Error) => void;
  /** Resolves when every answer has been handed on. */
  readonly finished: Promise<void>;

  /** @param grant tells the other processes which batches may be started */
  constructor(answers: AnswersInOrder, processCount: number, batchCount: number, grant: (until: number) => void) {
    this.#answers = answers;
    this.#processCount = processCount;
    this.#batchCount = batchCount;
    this.#grant = grant;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.fail = reject;
    });
    this.finished.catch(() => {});
  }

  /** For this process: waits until a batch may be started. Rejects once the window is closed. */
  async pass(batch: number): Promise<void> {
    while (batch >= this.#until && !this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#isClosed) throw new Error("the work has ended");
  }

  /**
   * A process cannot go on. The others do, up to its first batch that is missing: then the answers and the error are the same however
   * fast each of them was.
   */
  stop(processIndex: number, error: Error): void {
    this.#errors.set(processIndex, error);
    this.check();
  }

  /** To be called when answers have been handed on. */
  readonly check = (): void => {
    const { next, isStuck } = this.#answers;
    if (next === this.#batchCount) this.#finish();
    const error = isStuck ? this.#errors.get(next % this.#processCount) : undefined;
    if (error !== undefined) this.fail(error);
    const until = next + MOST_AHEAD * this.#processCount;
    if (until - this.#until < BATCHES_AT_ONCE * this.#processCount) return;
    this.#until = until;
    this.#wake();
    this.#grant(until);
  };

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }
}
