import type { AnswerRows } from "./answer-sink.ts";

/** The answers to all rows of a batch. */
export interface AnsweredBatch extends AnswerRows {
  /** 0-based, among all batches of the input. */
  readonly number: number;
}

interface UnderWay extends AnsweredBatch {
  /** How many batches were opened before it. */
  readonly place: number;
  missing: number;
}

/**
 * Collects the answers of batches whose rows leave one by one: early leavers of a later batch come back before late ones of an
 * earlier batch.
 */
export class AnsweredBatches {
  #underWay: UnderWay[] = [];
  #opened = 0;

  /** Batches opened since the oldest one that still misses a row, itself included. */
  get span(): number {
    const [oldest] = this.#underWay;
    return oldest === undefined ? 0 : this.#opened - oldest.place;
  }

  /** @param first sample number of its first row */
  open(number: number, first: number, rowCount: number): void {
    this.#underWay.push({
      number,
      first,
      predictions: new Int32Array(rowCount),
      exits: new Int32Array(rowCount),
      confidences: new Float32Array(rowCount),
      place: this.#opened++,
      missing: rowCount,
    });
  }

  /** @param exit 1-based */
  put(sample: number, prediction: number, exit: number, confidence: number): void {
    const batch = this.#underWay.findLast(({ first }) => first <= sample)!;
    const row = sample - batch.first;
    batch.predictions[row] = prediction;
    batch.exits[row] = exit;
    batch.confidences[row] = confidence;
    batch.missing--;
  }

  /** The batches that have become complete, in their order. */
  take(): AnsweredBatch[] {
    const complete = this.#underWay.filter(({ missing }) => missing === 0);
    if (complete.length > 0) this.#underWay = this.#underWay.filter(({ missing }) => missing > 0);
    return complete.map(({ place: _, missing: __, ...batch }) => batch);
  }
}
