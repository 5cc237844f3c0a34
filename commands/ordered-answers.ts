import type { AnswerRows } from "./answer-sink.ts";

/**
 * Puts answers back into input order. Rows that leave early come back before rows that were ahead of them; they are held until
 * the gap is closed.
 */
export class OrderedAnswers {
  /** First sample that has not been handed on. */
  #next = 0;
  #end = 0;
  #predictions = new Int32Array(1024);
  #exits = new Int32Array(1024);
  #confidences = new Float32Array(1024);

  /** Samples between the oldest one that is still on its way and the newest that was put in, whether they are here or not. */
  get held(): number {
    return this.#end - this.#next;
  }

  /** @param exit 1-based */
  put(sample: number, prediction: number, exit: number, confidence: number): void {
    const at = sample - this.#next;
    if (at >= this.#exits.length) this.#grow(at + 1);
    this.#predictions[at] = prediction;
    this.#exits[at] = exit;
    this.#confidences[at] = confidence;
    this.#end = Math.max(this.#end, sample + 1);
  }

  /** The complete rows at the front, or null when the next one is still on its way. */
  take(): AnswerRows | null {
    let count = 0;
    while (count < this.#exits.length && this.#exits[count] !== 0) count++;
    if (count === 0) return null;
    const rows = {
      first: this.#next,
      predictions: this.#predictions.slice(0, count),
      exits: this.#exits.slice(0, count),
      confidences: this.#confidences.slice(0, count),
    };
    for (const column of [this.#predictions, this.#exits, this.#confidences]) column.copyWithin(0, count);
    this.#exits.fill(0, this.#exits.length - count);
    this.#next += count;
    return rows;
  }

  #grow(needed: number): void {
    const size = Math.max(needed, 2 * this.#exits.length);
    const grown = <T extends Int32Array | Float32Array>(column: T): T => {
      const larger = new (column.constructor as new (length: number) => T)(size);
      larger.set(column);
      return larger;
    };
    this.#predictions = grown(this.#predictions);
    this.#exits = grown(this.#exits);
    this.#confidences = grown(this.#confidences);
  }
}
