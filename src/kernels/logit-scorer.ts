import type { Floats } from "../exits/types.ts";
import type { ExitScorer } from "./exit-scorer.ts";
import { type Shares, sumBlock, sumDistances, sumSoftmax } from "./lane-sums.ts";
import { naturalLog } from "./natural-log.ts";
import { brierOf, entropyOf, hellingerOf, squaredDistanceOf, topDiffOf } from "./row-answers.ts";
import type { RowProblem } from "./row-defect.ts";
import { findMaximum, rowProblem } from "./row-maximum.ts";
import { largestUnshifted, splitRow } from "./shifted-row.ts";
import { type RowShift, type SoftmaxTerms, setShift, softmaxTerms } from "./softmax-terms.ts";

/**
 * Scores a row of logits x by a recipe that any machine with IEEE arithmetic repeats bit for bit. It is the referee of the SIMD
 * kernel (assembly/row-kernel.ts), which does the same float32 operations in the same order, and takes its place where there is
 * no SIMD.
 *
 * 1. m = max x at its lowest position, exact. A float64 logit is split into two float32 numbers (shifted-row.ts).
 * 2. t_i = e^(x_i − m) but for a factor that all classes share (softmax-terms.ts); x_i < m − 43, also x_i = −∞ (a mask), counts as
 *    m − 43. M is the t of the maximum.
 * 3. T = Σ t, Q = Σ t², W = Σ t·d with d = x − m, in lanes (lane-sums.ts) with −∞ at the maximum; S = M + T.
 * 4. In float64: top1 = M/S, top-diff = (M − t₂)/S with t₂ from the second largest logit, entropy = 1 − (ln S/M − W/S)/ln C,
 *    Brier(k) = (M² + Q)/S² − 2 t_k/S + 1 (row-answers.ts).
 * 5. Distances from fround(t_i · fround(1/S)), the float32 p_i, and its root, in lanes over the classes that are the maximum of neither
 *    row; then the row's own maximum and the reference's, in that order and once if they agree, in float64.
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
  private readonly shift: RowShift = { largest: 0, largestRest: 0, power: 0, floor: 0 };
  private readonly sums = { terms: 0, squares: 0, weighted: 0 };
  private readonly distances = { roots: 0, squares: 0 };
  /** The row as sums of two float32 numbers. */
  private readonly highs: Float32Array;
  private readonly rests: Float32Array;
  private readonly own: SoftmaxTerms;
  /** The largest and the second largest logit as a row of two classes. */
  private readonly pair = { highs: new Float32Array(2), rests: new Float32Array(2), ...termArrays(2) };
  private readonly shares: Shares;
  private readonly differences: Shares;
  /** The reference row: its float32 p and √p, 0 at its maximum, and where that is and its p in float64. */
  private readonly reference: Shares;
  private referenceArgmax = 0;
  private referenceTop = 1;
  /** S, and the term M of the maximum. */
  private total = 1;
  private top = 1;

  constructor(classCount: number) {
    const padded = Math.ceil(classCount / sumBlock) * sumBlock;
    this.classCount = classCount;
    this.logClassCount = naturalLog(classCount);
    this.highs = new Float32Array(padded).fill(Number.NEGATIVE_INFINITY);
    this.rests = new Float32Array(padded);
    this.own = termArrays(padded);
    this.shares = shareArrays(padded);
    this.differences = shareArrays(padded);
    this.reference = shareArrays(padded);
  }

  read(values: Floats, base: number): RowProblem | null {
    const { maximum, shift, highs, rests, own, pair, classCount } = this;
    if (!findMaximum(values, base, classCount, maximum)) return rowProblem(maximum);
    const { largest, second, argmax } = maximum;
    const offset = Math.abs(largest) < largestUnshifted ? 0 : largest;
    setShift(shift, largest - offset);
    splitRow(values, base, offset, classCount, highs, rests);
    highs[argmax] = Number.NEGATIVE_INFINITY;
    rests[argmax] = 0;
    softmaxTerms(highs, rests, shift, highs.length, own);
    sumSoftmax(own.terms, own.exponents, this.sums);
    splitRow(Float64Array.of(largest, second), 0, offset, 2, pair.highs, pair.rests);
    softmaxTerms(pair.highs, pair.rests, shift, 2, pair);
    this.prediction = argmax;
    this.top = own.terms[argmax] = pair.terms[0];
    this.total = this.top + this.sums.terms;
    return null;
  }

  top1(): number {
    return this.top / this.total;
  }

  topDiff(): number {
    return topDiffOf(this.total, this.top, this.pair.terms[1]);
  }

  entropy(): number {
    return entropyOf(this.total, this.top, this.sums.weighted, this.logClassCount);
  }

  brier(target: number): number {
    return brierOf(this.total, this.top, this.sums.squares, this.own.terms[target]);
  }

  keepReference(): void {
    const { argmax } = this.maximum;
    this.share(this.reference);
    this.reference.shares[argmax] = this.reference.roots[argmax] = 0;
    this.referenceArgmax = argmax;
    this.referenceTop = this.top / this.total;
  }

  compare(): void {
    const { reference, distances, referenceArgmax, referenceTop, total } = this;
    const { argmax } = this.maximum;
    const { shares, roots } = reference;
    const [share, root] = [shares[argmax], roots[argmax]];
    this.share(this.shares);
    // the two largest terms stay out of the float32 sums: at 0 in both rows they add nothing
    for (const { shares, roots } of [this.shares, reference]) {
      shares[argmax] = shares[referenceArgmax] = roots[argmax] = roots[referenceArgmax] = 0;
    }
    sumDistances(this.shares, reference, this.differences, distances);
    shares[argmax] = share;
    roots[argmax] = root;
    this.addClass(this.top / total, argmax === referenceArgmax ? referenceTop : share);
    if (argmax !== referenceArgmax) this.addClass(this.own.terms[referenceArgmax] / total, referenceTop);
    this.squaredDistance = squaredDistanceOf(distances.squares);
    this.hellinger = hellingerOf(distances.roots);
  }

  /** Writes the row's float32 p and √p. */
  private share({ shares, roots }: Shares): void {
    const { terms } = this.own;
    const scale = Math.fround(1 / this.total);
    for (let i = 0; i < terms.length; i++) {
      shares[i] = terms[i] * scale;
      roots[i] = Math.sqrt(shares[i]);
    }
  }

  /** Adds one class in float64, given its probability in this row and in the reference. */
  private addClass(share: number, referenceShare: number): void {
    const difference = share - referenceShare;
    const roots = Math.sqrt(share) - Math.sqrt(referenceShare);
    this.distances.roots += roots * roots;
    this.distances.squares += difference * difference;
  }
}

function termArrays(length: number): SoftmaxTerms {
  return { exponents: new Float32Array(length), terms: new Float32Array(length) };
}

function shareArrays(length: number): Shares {
  return { shares: new Float32Array(length), roots: new Float32Array(length) };
}
