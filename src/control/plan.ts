import type { LossKind } from "../exits/types.ts";
import { binomialCdf } from "../stats/binomial.ts";
import { clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum } from "../stats/critical-sum.ts";
import { seededRandom } from "../stats/random.ts";
import { starLogWealth } from "../stats/star.ts";
import { wsrLogWealth } from "../stats/wsr.ts";
import { isBetting, resolveMethod } from "./methods.ts";
import { minimumSamples, smallest } from "./minimum-samples.ts";
import type { Level, Method, ResolvedMethod } from "./types.ts";

/** How many rows? asked of several methods at one level, for one declared kind of loss. */
export interface PlanRequest {
  readonly methods: readonly Method[];
  readonly level: Level;
  readonly kind: LossKind;
  /** Expected true risk of the wanted threshold; null plans for zero losses. */
  readonly observedRisk: number | null;
  readonly power: number;
}

/** The answer for one method. */
export interface PlanRow {
  readonly method: ResolvedMethod;
  /** Rows with which zero losses are certified; fewer always end in never-exit. Null beyond 16 million. */
  readonly minimumSamples: number | null;
  /** Rows from which on a threshold of the given true risk is certified with the given power; null without a risk. */
  readonly samples: number | null;
}

const LIMIT = 2 ** 20;
const REPLICATES = 200;

/**
 * How many calibration samples each method needs. Losses are modelled as 0 or B, the widest spread that losses without
 * gains can have at a given mean; signed losses {a, B} spread wider and need more.
 */
export function plan(request: PlanRequest): PlanRow[] {
  return applicable(request).map((method) => ({
    method,
    minimumSamples: finite(minimumSamples(method, request.level, request.kind)),
    samples: request.observedRisk === null ? null : samplesForPower(method, request, request.observedRisk),
  }));
}

function finite(count: number): number | null {
  return Number.isFinite(count) ? count : null;
}

/** The answer to the question turned round: what a number of rows can certify, for one method. */
export interface ResolutionRow {
  readonly method: ResolvedMethod;
  /** The smallest ε that can be certified; null when none below B can. */
  readonly epsilon: number | null;
}

/** The smallest ε (to four decimals) that n samples can certify, at zero losses or at the given risk and power. */
export function smallestEpsilon(
  request: Omit<PlanRequest, "level"> & { readonly delta: number },
  n: number,
): ResolutionRow[] {
  const { kind, delta, observedRisk } = request;
  return applicable(request).map((method) => {
    const certifiable = (step: number) => {
      const level = { epsilon: step / 10_000, delta };
      if (level.epsilon >= kind.upper) return true;
      if (observedRisk === null) return minimumSamples(method, level, kind) <= n;
      return reachesPower(method, level, kind, observedRisk, n, request.power);
    };
    const epsilon = smallest(certifiable) / 10_000;
    return { method, epsilon: epsilon < kind.upper ? epsilon : null };
  });
}

/** Methods that exist for this kind of loss: cp only for 0/1 losses. */
function applicable({ methods, kind }: Pick<PlanRequest, "methods" | "kind">): ResolvedMethod[] {
  return methods.filter((method) => method.bound !== "cp" || kind.binary).map((method) => resolveMethod(method, kind));
}

function samplesForPower(method: ResolvedMethod, { level, kind, power }: PlanRequest, risk: number): number | null {
  if (risk >= level.epsilon) return null;
  const reaches = (n: number) => reachesPower(method, level, kind, risk, n, power);
  const needed = smallest(reaches, LIMIT);
  if (!Number.isFinite(needed)) return null;
  return isBetting(method) ? needed : pastTheSaw(needed, reaches);
}

/** Up to here every n is tried; above, a tooth of the saw is worth less than 1 % of power. */
const SAW_LIMIT = 20_000;

/**
 * The power of a test on a count is a saw in n: it falls wherever one more loss is not yet allowed. A plan must not
 * promise a power that ten more samples lose again, so this is the n from which on it stays reached.
 */
function pastTheSaw(needed: number, reaches: (n: number) => boolean): number {
  if (needed > SAW_LIMIT) return needed;
  let stable = needed;
  for (let n = needed + 1; n <= 1.5 * needed + 50; n++) if (!reaches(n)) stable = n + 1;
  return stable;
}

/** Probability that a threshold of true risk `risk` is certified from n rows with losses 0 or B. */
export function powerAt(method: ResolvedMethod, level: Level, kind: LossKind, risk: number, n: number): number {
  const exact = exactPower(method, level, kind, risk, n);
  if (exact !== null) return exact;
  const certifies = simulatedGames(method, level, kind, risk, n);
  let certified = 0;
  for (let replicate = 0; replicate < REPLICATES; replicate++) if (certifies(replicate)) certified++;
  return certified / REPLICATES;
}

/** `powerAt(…) >= power`, without the games whose result can no longer change the answer: most of them, far from it. */
export function reachesPower(
  method: ResolvedMethod,
  level: Level,
  kind: LossKind,
  risk: number,
  n: number,
  power: number,
): boolean {
  const exact = exactPower(method, level, kind, risk, n);
  if (exact !== null) return exact >= power;
  const certifies = simulatedGames(method, level, kind, risk, n);
  let certified = 0;
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    if (certified / REPLICATES >= power) return true;
    if ((certified + REPLICATES - replicate) / REPLICATES < power) return false;
    if (certifies(replicate)) certified++;
  }
  return certified / REPLICATES >= power;
}

function exactPower(method: ResolvedMethod, level: Level, kind: LossKind, risk: number, n: number): number | null {
  const critical = criticalCount(method, level, kind, n);
  if (critical === null) return null;
  return critical < 0 ? 0 : binomialCdf(Math.min(n, critical), n, risk / kind.upper);
}

/** Whether a betting bound certifies a replicate: n losses 0 or B of the given mean, drawn from the replicate's own seed. */
function simulatedGames(
  method: ResolvedMethod,
  { epsilon, delta }: Level,
  { upper }: LossKind,
  risk: number,
  n: number,
): (replicate: number) => boolean {
  const rate = risk / upper;
  const logWealth = method.bound === "wsr" ? wsrLogWealth : starLogWealth;
  const goal = Math.log(1 / delta) - 1e-12;
  const losses = new Float64Array(n);
  return (replicate) => {
    const random = seededRandom(0, replicate);
    for (let i = 0; i < n; i++) losses[i] = random.uniform() < rate ? upper : 0;
    return logWealth(losses, epsilon, delta, upper) >= goal;
  };
}

/** How many of n losses may be B; null for betting bounds, which have no such number. */
function criticalCount(
  method: ResolvedMethod,
  { epsilon, delta }: Level,
  { upper }: LossKind,
  n: number,
): number | null {
  if (method.name === "naive") return Math.floor((n * epsilon + 1e-9) / upper);
  if (method.name === "crc") return Math.floor(((n + 1) * epsilon - upper + 1e-9) / upper);
  if (method.bound === "cp") return clopperPearsonCriticalSum(n, epsilon, delta);
  if (method.bound === "hb") return Math.floor(hoeffdingBentkusCriticalSum(n, epsilon / upper, delta) + 1e-9);
  return null;
}
