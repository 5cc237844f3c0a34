/**
 * Which classes a mean IoU is over. `present`: those that occur in the ground truth or in the exit's own prediction, on pixels
 * with a label. `all-classes`: every class, with IoU 0 for one that occurs in neither, as the paper's code has it; absent classes
 * then pull both networks' means down, so that the same gap is a smaller number.
 */
export type IouClasses = "present" | "all-classes";

export const iouChoices: readonly IouClasses[] = ["present", "all-classes"];

/** Counts where an exit's class map and the ground truth of one image overlap, pixel by pixel. */
export class ClassOverlap {
  readonly #classCount: number;
  readonly #both: Int32Array;
  readonly #predicted: Int32Array;
  readonly #truth: Int32Array;

  constructor(exitCount: number, classCount: number) {
    this.#classCount = classCount;
    this.#both = new Int32Array(exitCount * classCount);
    this.#predicted = new Int32Array(exitCount * classCount);
    this.#truth = new Int32Array(exitCount * classCount);
  }

  clear(): void {
    for (const counts of [this.#both, this.#predicted, this.#truth]) counts.fill(0);
  }

  /** Counts some pixels at one exit; every exit must be given all of them. A negative label leaves a pixel out. */
  add(exitIndex: number, labels: Int32Array, predictions: Int32Array): void {
    const cell = exitIndex * this.#classCount;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      if (label < 0) continue;
      const prediction = predictions[i];
      this.#predicted[cell + prediction]++;
      this.#truth[cell + label]++;
      if (prediction === label) this.#both[cell + label]++;
    }
  }

  /**
   * Mean over classes of |both| / |predicted or true|, in [0, 1].
   * @returns 0 when no class occurs, that is when no pixel was added
   */
  meanIou(exitIndex: number, classes: IouClasses): number {
    let sum = 0;
    let present = 0;
    for (let k = 0; k < this.#classCount; k++) {
      const cell = exitIndex * this.#classCount + k;
      const union = this.#truth[cell] + this.#predicted[cell] - this.#both[cell];
      if (union === 0) continue;
      present++;
      sum += this.#both[cell] / union;
    }
    const count = classes === "present" ? present : this.#classCount;
    return count === 0 ? 0 : sum / count;
  }
}
