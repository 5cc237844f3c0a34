import type { Floats } from "../exits/types.ts";
import { clamp, type ExitScorer } from "./exit-scorer.ts";
import { naturalLog } from "./natural-log.ts";
import type { RowProblem } from "./row-defect.ts";

/** Rounding that a probability is forgiven: float16 softmax outputs exceed 1 by a few thousandths. */
const largestProbability = 1.01;

/**
 * Scores a row of probabilities in float64, classes in order: confidences from the values as given (so they equal what the
 * network reports), losses from the values divided by their sum.
 */
export class ProbabilityScorer implements ExitScorer {
  prediction = 0;
  squaredDistance = 0;
  hellinger = 0;

  private readonly logClassCount: number;
  private readonly given: Float64Array;
  private readonly reference: Float64Array;
  private largest = 0;
  private second = 0;
  private sum = 1;

  constructor(classCount: number) {
    this.logClassCount = naturalLog(classCount);
    this.given = new Float64Array(classCount);
    this.reference = new Float64Array(classCount);
  }

  read(values: Floats, base: number): RowProblem | null {
    const { given } = this;
    let largest = -1;
    let second = -1;
    let sum = 0;
    for (let i = 0; i < given.length; i++) {
      const p = values[base + i];
      if (!(p >= 0 && p <= largestProbability)) return Number.isNaN(p) ? "nan" : "not-probabilities";
      given[i] = p;
      sum += p;
      if (p > largest) {
        second = largest;
        largest = p;
        this.prediction = i;
      } else if (p > second) second = p;
    }
    this.largest = largest;
    this.second = second;
    this.sum = sum;
    return sum > 0 ? null : "not-probabilities";
  }

  top1(): number {
    return clamp(this.largest, 0, 1);
  }

  topDiff(): number {
    return clamp(this.largest - this.second, 0, 1);
  }

  entropy(): number {
    let entropy = 0;
    for (const p of this.given) if (p > 0) entropy -= p * naturalLog(p);
    return clamp(1 - entropy / this.logClassCount, 0, 1);
  }

  brier(target: number): number {
    let score = 0;
    for (let i = 0; i < this.given.length; i++) {
      const difference = this.given[i] / this.sum - (i === target ? 1 : 0);
      score += difference * difference;
    }
    return clamp(score, 0, 2);
  }

  keepReference(): void {
    for (let i = 0; i < this.given.length; i++) this.reference[i] = this.given[i] / this.sum;
  }

  compare(): void {
    let squares = 0;
    let roots = 0;
    for (let i = 0; i < this.given.length; i++) {
      const p = this.given[i] / this.sum;
      const q = this.reference[i];
      const root = Math.sqrt(p) - Math.sqrt(q);
      squares += (p - q) * (p - q);
      roots += root * root;
    }
    this.squaredDistance = clamp(squares, 0, 2);
    this.hellinger = clamp(Math.sqrt(roots / 2), 0, 1);
  }
}
