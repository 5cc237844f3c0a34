import type { LossKind } from "../../src/exits/types.ts";
import { binomialCdf } from "../../src/stats/binomial.ts";
import { hoeffdingBentkusPValue } from "../../src/stats/hoeffding-bentkus.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";

/**
 * The procedures in the plainest possible way, the referee of the fast ones: every threshold between two confidences
 * tried in turn, every sample's exit found by the strict rule, every decision by a p-value or wealth from scratch.
 */

/** Losses of all samples while λ lies between `lambda` and the piece before; pieces go from the safest λ down. */
export interface Piece {
  readonly lambda: number;
  readonly losses: readonly number[];
}

/** Rows of confidences and relative losses, `[n][L]`. */
export interface PlainRows {
  readonly confidences: readonly (readonly number[])[];
  readonly losses: readonly (readonly number[])[];
}

/** `[n][L]` from row-major arrays. */
export function plainRows(confidences: ArrayLike<number>, losses: ArrayLike<number>, exitCount: number): PlainRows {
  const rows = (values: ArrayLike<number>) =>
    Array.from({ length: values.length / exitCount }, (_, i) =>
      Array.from({ length: exitCount }, (_, l) => values[i * exitCount + l]),
    );
  return { confidences: rows(confidences), losses: rows(losses) };
}

/** e(λ) = min{l ≤ L−1 : c_l > λ}, or L; zero-based. */
export function exitOf(confidences: readonly number[], lambda: number): number {
  const early = confidences.slice(0, -1).findIndex((c) => c > lambda);
  return early < 0 ? confidences.length - 1 : early;
}

/** All thresholds: one piece per set of exits, its λ the lowest that gives this set, −∞ for the last. */
export function exactPieces({ confidences, losses }: PlainRows): Piece[] {
  const values = new Set(confidences.flatMap((row) => row.slice(0, -1).map((c) => c + 0)));
  const lambdas = [...[...values].sort((a, b) => b - a), Number.NEGATIVE_INFINITY];
  const pieces: { lambda: number; exits: number[] }[] = [];
  for (const lambda of lambdas) {
    const exits = confidences.map((row) => exitOf(row, lambda));
    const last = pieces.at(-1);
    // A confidence that no sample can leave at (a later, lower one) ends no piece.
    if (last?.exits.every((exit, i) => exit === exits[i])) last.lambda = lambda;
    else pieces.push({ lambda, exits });
  }
  return pieces.map(({ lambda, exits }) => ({ lambda, losses: exits.map((exit, i) => losses[i][exit]) }));
}

/** A fixed list of thresholds, safest first. */
export function gridPieces({ confidences, losses }: PlainRows, grid: Iterable<number>): Piece[] {
  return Array.from(grid, (lambda) => ({
    lambda,
    losses: confidences.map((row, i) => losses[i][exitOf(row, lambda)]),
  }));
}

/** Rows of a loss table sorted safest first; scores become losses against the reference row (counted after sorting). */
export function tablePieces(
  lambdas: readonly number[],
  values: readonly (readonly number[])[],
  scores: boolean,
  direction: "down" | "up",
  reference: number,
): Piece[] {
  const rows = lambdas.map((lambda, k) => ({ lambda, losses: values[k] }));
  rows.sort((a, b) => (direction === "down" ? b.lambda - a.lambda : a.lambda - b.lambda));
  if (!scores) return rows;
  const best = rows[reference].losses;
  return rows.map(({ lambda, losses }) => ({ lambda, losses: losses.map((score, i) => best[i] - score) }));
}

export interface DirectQuestion {
  /** "exact", or rows of a fixed grid or of a loss table. */
  readonly rows: "exact" | "fixed";
  /** As on the command line: naive, crc:monotone, ucb:star … */
  readonly method: string;
  readonly kind: LossKind;
  readonly epsilon: number;
  readonly delta: number;
  /** The order in which betting bounds read the samples: place p reads sample order[p]. As given by default. */
  readonly order?: ArrayLike<number>;
}

export interface DirectAnswer {
  readonly piece: number;
  readonly threshold: number;
  readonly policy: "threshold" | "never-exit" | "first-exit";
}

/** What a procedure must choose among the pieces. */
export function directChoice(pieces: readonly Piece[], question: DirectQuestion): DirectAnswer {
  const piece = chosenPiece(pieces, question);
  const threshold = piece < 0 ? Number.POSITIVE_INFINITY : pieces[piece].lambda;
  const first = threshold === Number.NEGATIVE_INFINITY;
  return { piece, threshold, policy: piece < 0 ? "never-exit" : first ? "first-exit" : "threshold" };
}

const slack = 1e-9;
const sumOf = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0);

function chosenPiece(pieces: readonly Piece[], question: DirectQuestion): number {
  const { method, kind, epsilon } = question;
  const n = pieces[0].losses.length;
  const sums = pieces.map(({ losses }) => sumOf(losses));
  const fitsCrc = (sum: number) => sum + kind.upper <= (n + 1) * epsilon + slack;
  if (method === "naive") return lastTrue(sums.map((sum) => sum <= n * epsilon + slack));
  if (method === "crc:last-pass") return lastTrue(sums.map(fitsCrc));
  if (method.startsWith("crc") && kind.upper > (n + 1) * epsilon + slack) return -1;
  if (method === "crc:monotone") return lastTrue(runningMaxima(pieces).map((losses) => fitsCrc(sumOf(losses))));
  if (method !== "crc:first-failure") return firstRun(pieces.map(({ losses }) => certified(losses, question)));
  if (question.rows === "fixed") return firstRun(sums.map(fitsCrc));
  const charges = pieces.map(({ losses }, k) => {
    const safer = k === 0 ? losses.map(() => 0) : pieces[k - 1].losses;
    return sumOf(safer) + sumOf(losses.map((loss, i) => Math.max(0, loss - safer[i])));
  });
  return firstRun(charges.map(fitsCrc));
}

function runningMaxima(pieces: readonly Piece[]): number[][] {
  let worst = pieces[0].losses.map(() => 0);
  return pieces.map(({ losses }) => (worst = worst.map((w, i) => Math.max(w, losses[i]))));
}

/** Is "mean ≤ ε" certified at probability 1 − δ? */
function certified(losses: readonly number[], { method, kind, epsilon, delta, order }: DirectQuestion): boolean {
  const n = losses.length;
  const { upper } = kind;
  const ordered = order ? Array.from(order, (row) => losses[row]) : losses;
  const goal = Math.log(1 / delta);
  switch (method.split(":")[1]) {
    case "cp":
      return binomialCdf(sumOf(losses), n, epsilon) <= delta;
    case "hb":
      return hoeffdingBentkusPValue(sumOf(losses.map((x) => Math.max(0, x))) / upper, n, epsilon / upper) <= delta;
    case "wsr":
      return wsrLogWealth(ordered, epsilon, delta, upper) > goal;
    case "star":
      return starLogWealth(ordered, epsilon, delta, upper) >= goal - 1e-12;
    default:
      throw new Error(`no such bound: ${method}`);
  }
}

/** The end of the leading run of trues, −1 when there is none. */
function firstRun(passes: readonly boolean[]): number {
  const failure = passes.indexOf(false);
  return (failure < 0 ? passes.length : failure) - 1;
}

const lastTrue = (passes: readonly boolean[]) => passes.lastIndexOf(true);
