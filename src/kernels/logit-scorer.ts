import type { Floats } from "../exits/types.ts";
import { clamp, type ExitScorer } from "./exit-scorer.ts";
import { sumBlock, sumDistances, sumSoftmax } from "./lane-sums.ts";
import { naturalLog } from "./natural-log.ts";
import type { RowProblem } from "./row-defect.ts";
import { findMaximum, rowProblem } from "./row-maximum.ts";
import { largestUnshifted, type RowShift, setShift, splitRow } from "./shifted-row.ts";
import { type SoftmaxTerms, smallestExponent, softmaxTerms } from "./softmax-terms.ts";

/**
 * Scores a row of logits x by a recipe that any machine with IEEE arithmetic repeats bit for bit. It is the referee of the SIMD
 * kernel (assembly/row-kernel.ts), which does the same float32 operations in the same order, and takes its place where there is
 * no SIMD.
 *
 * 1. m = max x at its lowest position, exact. A float64 logit is split into two float32 numbers (shifted-row.ts).
 * 2. h_i = e^((x_i − m)/2) and t_i = e^(x_i − m) (softmax-terms.ts); x_i < m − 43.5, also x_i = −∞ (a mask), counts as m − 43.5.
 * 3. T = Σ t, Q = Σ t², W = Σ t·d in lanes (lane-sums.ts) with −∞ at the maximum, whose term is exactly 1; S = 1 + T.
 * 4. In float64: top1 = 1/S, top-diff = (1 − t₂)/S with t₂ from the second largest logit, entropy = 1 − (ln S − W/S)/ln C,
 *    Brier(k) = (1 + Q)/S² − 2 t_k/S + 1.
 * 5. Distances from fround(h_i · fround(1/√S)), the float32 √p_i, in lanes over the classes that are the maximum of neither row;
 *    then the row's own maximum and the reference's, in that order and once if they agree, with √p = h/√S in float64.
 *
 * Error against exact arithmetic: at most 2e-7. Predictions are exact.
 * `Math.sqrt` is exactly rounded everywhere; `Math.exp` and `Math.log`, which are not, are never called.
 */
export class LogitScorer implements ExitScorer {
  prediction = 0;
  squaredDistance = 0;
  hellinger = 0;

  private readonly classCount: number;
  private readonly logClassCount: number;
  private readonly maximum = { argmax: 0, largest: 0, second: 0 };
  private readonly shift: RowShift = { largest: 0, largestRest: 0, high: 0, low: 0, floor: 0 };
  private readonly sums = { terms: 0, squares: 0, weighted: 0 };
  private readonly distances = { roots: 0, squares: 0 };
  private readonly work: { differences: Float32Array; products: Float32Array };
  /** The row as sums of two float32 numbers. */
  private readonly highs: Float32Array;
  private readonly rests: Float32Array;
  private own: SoftmaxTerms;
  /** The second largest logit as a row of one class. */
  private readonly second = { highs: new Float32Array(1), rests: new Float32Array(1), ...termArrays(1) };
  /** The reference row: its terms, its float32 √p, and where and what its maximum and total are. */
  private reference: SoftmaxTerms;
  private readonly referenceRoots: Float32Array;
  private referenceArgmax = 0;
  private referenceTotal = 1;
  /** S = Σ e^(x − m), at least 1. */
  private total = 1;

  constructor(classCount: number) {
    const padded = Math.ceil(classCount / sumBlock) * sumBlock;
    this.classCount = classCount;
    this.logClassCount = naturalLog(classCount);
    this.highs = new Float32Array(padded).fill(Number.NEGATIVE_INFINITY);
    this.rests = new Float32Array(padded);
    this.work = { differences: new Float32Array(padded), products: new Float32Array(padded) };
    this.own = termArrays(padded);
    this.reference = termArrays(padded);
    this.referenceRoots = new Float32Array(padded);
  }

  read(values: Floats, base: number): RowProblem | null {
    const { maximum, shift, highs, rests, own, classCount } = this;
    if (!findMaximum(values, base, classCount, maximum)) return rowProblem(maximum);
    const { largest, argmax } = maximum;
    const offset = Math.abs(largest) < largestUnshifted ? 0 : largest;
    setShift(shift, largest - offset, smallestExponent);
    splitRow(values, base, offset, classCount, highs, rests);
    highs[argmax] = Number.NEGATIVE_INFINITY;
    rests[argmax] = 0;
    softmaxTerms(highs, rests, shift, highs.length, own);
    sumSoftmax(own.terms, own.exponents, this.sums);
    own.halves[argmax] = own.terms[argmax] = 1;
    splitRow(Float64Array.of(maximum.second), 0, offset, 1, this.second.highs, this.second.rests);
    this.prediction = argmax;
    this.total = 1 + this.sums.terms;
    return null;
  }

  top1(): number {
    return 1 / this.total;
  }

  topDiff(): number {
    const { second } = this;
    softmaxTerms(second.highs, second.rests, this.shift, 1, second);
    return clamp((1 - second.terms[0]) / this.total, 0, 1);
  }

  entropy(): number {
    const entropy = naturalLog(this.total) - this.sums.weighted / this.total;
    return clamp(1 - entropy / this.logClassCount, 0, 1);
  }

  brier(target: number): number {
    const { total } = this;
    const norm = (1 + this.sums.squares) / (total * total);
    return clamp(norm - (2 * this.own.terms[target]) / total + 1, 0, 2);
  }

  keepReference(): void {
    const { own } = this;
    this.own = this.reference;
    this.reference = own;
    this.referenceArgmax = this.maximum.argmax;
    this.referenceTotal = this.total;
    const scale = rootScale(this.total);
    for (let i = 0; i < own.halves.length; i++) this.referenceRoots[i] = own.halves[i] * scale;
  }

  compare(): void {
    const { referenceRoots, distances, referenceArgmax } = this;
    const { argmax } = this.maximum;
    const { halves } = this.own;
    const [here, there] = [halves[referenceArgmax], this.reference.halves[argmax]];
    const [ownRoot, referenceRoot] = [referenceRoots[argmax], referenceRoots[referenceArgmax]];
    // the two largest terms stay out of the float32 sums: at 0 in both arrays they add nothing
    halves[argmax] = halves[referenceArgmax] = 0;
    referenceRoots[argmax] = referenceRoots[referenceArgmax] = 0;
    sumDistances(halves, rootScale(this.total), referenceRoots, this.work, distances);
    halves[referenceArgmax] = here;
    halves[argmax] = 1;
    referenceRoots[argmax] = ownRoot;
    referenceRoots[referenceArgmax] = referenceRoot;
    this.addClass(1, there);
    if (argmax !== referenceArgmax) this.addClass(here, 1);
    this.squaredDistance = clamp(distances.squares, 0, 2);
    this.hellinger = clamp(Math.sqrt(distances.roots / 2), 0, 1);
  }

  /** Adds one class in float64, given its h in this row and in the reference. */
  private addClass(half: number, referenceHalf: number): void {
    const root = half / Math.sqrt(this.total);
    const referenceRoot = referenceHalf / Math.sqrt(this.referenceTotal);
    const difference = root - referenceRoot;
    const product = difference * (root + referenceRoot);
    this.distances.roots += difference * difference;
    this.distances.squares += product * product;
  }
}

function termArrays(length: number): SoftmaxTerms {
  const [exponents, halves, terms] = [0, 1, 2].map(() => new Float32Array(length));
  return { exponents, halves, terms };
}

/** 1/√S in float32: times h it gives √p. */
function rootScale(total: number): number {
  return Math.fround(1 / Math.sqrt(total));
}
