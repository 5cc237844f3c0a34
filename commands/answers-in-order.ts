import type { AnswerSink } from "./answer-sink.ts";
import type { AnsweredBatch } from "./answered-batches.ts";

/** Hands answered batches on in input order, whoever answered them; the sink's own pace is kept. */
export class AnswersInOrder {
  readonly #sink: AnswerSink;
  readonly #onBatch: (batch: AnsweredBatch) => void;
  readonly #waiting = new Map<number, AnsweredBatch>();
  #handingOn: Promise<void> = Promise.resolve();
  #next = 0;

  /** @param onBatch called after each batch that was handed on */
  constructor(sink: AnswerSink, onBatch: (batch: AnsweredBatch) => void) {
    this.#sink = sink;
    this.#onBatch = onBatch;
  }

  /** Number of the first batch that has not been handed on. */
  get next(): number {
    return this.#next;
  }

  /** Whether the next batch is missing, so that nothing can be handed on. */
  get isStuck(): boolean {
    return !this.#waiting.has(this.#next);
  }

  /** Takes batches in any order. @returns when what can be handed on has been; rejects when the sink fails */
  put(batches: readonly AnsweredBatch[]): Promise<void> {
    for (const batch of batches) this.#waiting.set(batch.number, batch);
    this.#handingOn = this.#handingOn.then(() => this.#handOn());
    return this.#handingOn;
  }

  async #handOn(): Promise<void> {
    for (let batch = this.#waiting.get(this.#next); batch; batch = this.#waiting.get(this.#next)) {
      await this.#sink.append(batch);
      this.#waiting.delete(this.#next++);
      this.#onBatch(batch);
    }
  }
}
