import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BettingWalk } from "../../src/control/betting-walk.ts";
import { PlainWalks } from "../../src/control/plain-walks.ts";
import { SimdWalks } from "../../src/control/simd-walks.ts";
import type { WalkEngine } from "../../src/control/walk-engine.ts";
import { offerWalks, walksFor } from "../../src/control/walk-engines.ts";
import { exactPath } from "../../src/exits/exact-path.ts";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { gridPath } from "../../src/exits/grid-path.ts";
import { lossSteps } from "../../src/exits/loss-steps.ts";
import { lossesAt, lossSums, type RiskPath } from "../../src/exits/risk-path.ts";
import type { GameQuestion } from "../../src/stats/envelope-games.ts";
import { PlainEnvelopeGame } from "../../src/stats/plain-envelope-game.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";
import { boxColumn, gameCount, type WatchedKernel, watchedKernel } from "../support/simd-games.ts";

const kernel = watchedKernel();
const missing = kernel ? "" : " (skipped: not built by npm run build, or no SIMD here)";

const certified = {
  star: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
    starLogWealth(x, epsilon, delta, bound) >= -Math.log(delta) - 1e-12,
  wsr: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
    wsrLogWealth(x, epsilon, delta, bound) > -Math.log(delta),
};

interface World {
  readonly path: RiskPath;
  readonly position: Uint32Array;
  readonly lossBound: number;
}

/** A path with `sampleCount` samples whose losses rise, fall back or stay on a plateau while λ falls. */
function world(random: Random, sampleCount: number, style: number): World {
  const exitCount = 2 + random.integer(4);
  const lossBound = 1 + random.integer(2);
  const level = 0.02 + random.uniform() * 0.3;
  const confidences = new Float32Array(sampleCount * exitCount);
  const losses = new Float64Array(sampleCount * exitCount);
  for (let i = 0; i < confidences.length; i++) {
    if (i % exitCount === exitCount - 1) continue;
    confidences[i] = style % 2 ? random.uniform() : Math.round(30 * random.uniform()) / 30;
    const rate = style < 2 ? level * 2 * (1 - confidences[i]) : level;
    const size = [1, random.uniform()][style % 3 === 0 ? 0 : 1] * lossBound;
    losses[i] = random.uniform() < rate ? size : style > 2 && random.uniform() < 0.2 ? -0.5 * random.uniform() : 0;
  }
  const records = exitRecords(confidences, sampleCount, exitCount);
  const grid = Float64Array.from({ length: 21 }, (_, k) => 1 - k / 20);
  const path = style === 4 ? gridPath(records, losses, grid) : exactPath(records, losses);
  const position = new Uint32Array(sampleCount);
  random.permutation(sampleCount).forEach((row, place) => {
    position[row] = place;
  });
  return { path, position, lossBound };
}

/** Every piece from scratch, down to the first that fails. */
function plain({ path, position, lossBound }: World, bound: "star" | "wsr", epsilon: number, delta: number): number {
  for (let k = 0; k < path.pieceCount; k++) {
    const shuffled = new Float64Array(path.sampleCount);
    lossesAt(path, k).forEach((loss, sample) => {
      shuffled[position[sample]] = loss;
    });
    if (!certified[bound](shuffled, epsilon, delta, lossBound)) return k - 1;
  }
  return path.pieceCount - 1;
}

const cases = (["star", "wsr"] as const).flatMap((bound) => [
  { bound, engine: "plain", walks: (): WalkEngine => new PlainWalks() },
  { bound, engine: `SIMD${missing}`, walks: () => kernel && new SimdWalks(kernel) },
]);

// other files may run in this process
afterAll(() => offerWalks(() => null));

describe.each(cases)("a walk with $bound, $engine", ({ bound, walks }) => {
  beforeAll(() => offerWalks(walks));

  test("accepts the piece that testing one piece after the other accepts, whatever was asked before", () => {
    const found = new Map<string, number>();
    for (let run = 0; run < 60; run++) {
      const random = seededRandom(50, run);
      const made = world(random, 30 + random.integer(170), run % 5);
      const { path, position, lossBound } = made;
      const delta = [0.1, 0.3, 0.02][run % 3];
      const walk = new BettingWalk(lossSteps(path, position), lossSums(path), { bound, delta, lossBound });
      // Ascending as a sweep asks, or in any order.
      const levels = [0.02, 0.04, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5];
      if (run % 2) levels.sort(() => random.uniform() - 0.5);
      // All at once as a sweep asks, in twos, or one by one.
      const together = [levels, levels.slice(0, 2), []][run % 3];
      for (const epsilon of levels) {
        const piece = walk.acceptedPiece(epsilon, together);
        expect(piece, `run ${run}, ε = ${epsilon}`).toBe(plain(made, bound, epsilon, delta));
        expect(walk.acceptedPiece(epsilon)).toBe(piece);
        const where = piece < 0 ? "none" : piece === path.pieceCount - 1 ? "all" : "inside";
        found.set(where, (found.get(where) ?? 0) + 1);
      }
    }
    // The comparison would be empty if walks did not end inside.
    expect(found.get("inside")).toBeGreaterThan(150);
    expect(found.get("none")).toBeGreaterThan(20);
    expect(found.get("all")).toBeGreaterThan(20);
  });

  test("losses out of the range of float32 are tested, not played for", () => {
    // Without losses so many samples certify ε = 0.3; with one huge win they do not, though float32 takes STaR's for infinite.
    const [sampleCount, epsilon, delta] = [300, 0.3, 1e-40];
    const position = Uint32Array.from({ length: sampleCount }, (_, row) => row);
    for (const least of [-3.39e38, -1e36, -1e20, -1e10]) {
      const confidences = Float32Array.from({ length: 2 * sampleCount }, (_, i) => (i === 0 ? 0.5 : 0));
      const losses = Float64Array.from({ length: 2 * sampleCount }, (_, i) => (i === 0 ? least : 0));
      const path = exactPath(exitRecords(confidences, sampleCount, 2), losses);
      const walk = new BettingWalk(lossSteps(path, position), lossSums(path), { bound, delta, lossBound: 1 });
      const expected = plain({ path, position, lossBound: 1 }, bound, epsilon, delta);
      expect(walk.acceptedPiece(epsilon, [epsilon, 0.6]), `${least}`).toBe(expected);
      if (bound === "star") expect(expected).toBe(0);
    }
  });

  test("a level outside the domain among others concerns nobody until it is asked", () => {
    const made = world(seededRandom(55), 60, 0);
    const { path, position, lossBound } = made;
    const walk = new BettingWalk(lossSteps(path, position), lossSums(path), { bound, delta: 0.1, lossBound });
    const among = [0, 0.1, 0.2, lossBound, 1.5 * lossBound, Number.NaN];
    expect(walk.acceptedPiece(0.1, among)).toBe(plain(made, bound, 0.1, 0.1));
    expect(walk.acceptedPiece(0.2, among)).toBe(plain(made, bound, 0.2, 0.1));
    for (const epsilon of [0, lossBound, Number.NaN]) {
      expect(() => walk.acceptedPiece(epsilon, among)).toThrow(RangeError);
    }
  });

  test("levels that are closer than rounding do not vouch for each other", () => {
    const made = world(seededRandom(51), 150, 1);
    const { path, position, lossBound } = made;
    const walk = new BettingWalk(lossSteps(path, position), lossSums(path), { bound, delta: 0.1, lossBound });
    for (const epsilon of [0.1, 0.1 + 1e-12, 0.1 - 1e-12, 0.1 + 1e-8]) {
      expect(walk.acceptedPiece(epsilon)).toBe(plain(made, bound, epsilon, 0.1));
    }
  });
});

test("walks that need much memory are plain", () => {
  const fast: WalkEngine = { find: () => [] };
  offerWalks(() => fast);
  const { path, position } = world(seededRandom(54), 50, 0);
  const steps = lossSteps(path, position);
  expect(walksFor(steps)).toBe(fast);
  expect(walksFor({ ...steps, sampleCount: 2 ** 21 })).toBeInstanceOf(PlainWalks);
  expect(walksFor({ ...steps, losses: new Float64Array(2 ** 22) })).toBeInstanceOf(PlainWalks);
});

test.skipIf(!kernel)(`SIMD walks without levels or memory are none, and plain ones${missing}`, () => {
  const { path, position, lossBound } = world(seededRandom(56), 60, 0);
  const steps = lossSteps(path, position);
  const ground = { steps, sums: new Float64Array(steps.stepCount), leastLoss: 0 };
  const question = { bound: "star", delta: 0.1, lossBound } as const;
  const watched = kernel as WatchedKernel;
  expect(new SimdWalks(watched).find(ground, question, [], [])).toEqual([]);
  const poor = new SimdWalks({ ...watched, layOut: () => watched.layOut(2 ** 30, 1, 2 ** 30, 1, 0) });
  expect(poor.find(ground, question, [0.1, 0.2], [])).toEqual(new PlainWalks().find(ground, question, [0.1, 0.2], []));
});

/** What a game proved: the box as it was, and up to where it matters. */
interface Proof {
  readonly question: Omit<GameQuestion, "aim">;
  readonly reach: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Plain walks that tell what their games proved. */
function tellingPlain(tell: (proof: Proof) => void): WalkEngine {
  class TellingGame extends PlainEnvelopeGame {
    override answer(question: GameQuestion): number {
      const reach = super.answer(question);
      if (question.aim === "certify" && reach >= 0) {
        tell({ question, reach, low: this.low.slice(), high: this.high.slice() });
      }
      return reach;
    }
  }
  return new PlainWalks((rules) => new TellingGame(rules));
}

/** SIMD walks that tell the same, round by round. */
function tellingSimd(kernel: WatchedKernel, tell: (proof: Proof) => void): WalkEngine {
  let sampleCount = 0;
  const look = (game: number) => {
    const reach = kernel.answerOf(game, sampleCount);
    if (kernel.aimOf(game) !== 1 || reach < 0) return;
    const column = (row: 0 | 1) => boxColumn(kernel, game, row, sampleCount).get();
    const question = { epsilon: kernel.epsilonOf(game), epsilonTo: kernel.epsilonToOf(game) };
    tell({ question, reach, low: column(0), high: column(1) });
  };
  return new SimdWalks({
    ...kernel,
    layOut(samples, ...counts) {
      sampleCount = samples;
      return kernel.layOut(samples, ...counts);
    },
    walk() {
      let seat = kernel.undecidedSeat();
      while (seat < 0 && kernel.askRound()) {
        kernel.play();
        for (let game = 0; game < gameCount; game++) look(game);
        kernel.take();
        seat = kernel.undecidedSeat();
      }
      return seat;
    },
  });
}

/** Plain walks whose games prove nothing, and that tell at which levels a failure was to be proven: the last question about a step. */
function silentPlain(tell: (epsilon: number) => void): WalkEngine {
  class SilentGame extends PlainEnvelopeGame {
    override answer({ epsilon, aim }: GameQuestion): number {
      if (aim === "refute") tell(epsilon);
      return -1;
    }
  }
  return new PlainWalks((rules) => new SilentGame(rules));
}

/** SIMD walks whose games prove nothing: they have no goals. */
function silentSimd(kernel: WatchedKernel, tell: (epsilon: number) => void): WalkEngine {
  return new SimdWalks({
    ...kernel,
    setTerms(...terms) {
      terms[9] = Number.NaN;
      terms[11] = Number.NaN;
      kernel.setTerms(...terms);
    },
    decide(seat, certified) {
      tell(kernel.levelOfSeat(seat));
      kernel.decide(seat, certified);
    },
  });
}

const watched = (["star", "wsr"] as const).flatMap((bound) => [
  { bound, engine: "plain", skip: false, telling: tellingPlain, silent: silentPlain },
  {
    bound,
    engine: `SIMD${missing}`,
    skip: !kernel,
    telling: (tell: (proof: Proof) => void) => tellingSimd(kernel as WatchedKernel, tell),
    silent: (tell: (epsilon: number) => void) => silentSimd(kernel as WatchedKernel, tell),
  },
]);

describe.each(watched)("a walk of many levels with $bound, $engine", ({ bound, skip, telling, silent }) => {
  test.skipIf(skip)("has a proof, for the level itself, of every step that it accepts", () => {
    let steps = 0;
    for (let run = 0; run < 12; run++) {
      const random = seededRandom(52, run);
      const told: Proof[] = [];
      const walks = telling((proof) => told.push(proof));
      offerWalks(() => walks);
      const { path, position, lossBound } = world(random, 100 + random.integer(100), run % 4);
      const walk = new BettingWalk(lossSteps(path, position), lossSums(path), { bound, delta: 0.1, lossBound });
      const levels = Array.from({ length: 40 }, (_, k) => (k + 1) / 80);
      for (const epsilon of levels) {
        const last = walk.acceptedPiece(epsilon, levels);
        // WSR's wealth grows with ε, loss by loss: what is proven at a level holds for all above.
        const proofs = told.filter(({ question }) => question.epsilon <= epsilon && epsilon <= question.epsilonTo);
        for (let k = 0; k <= last; k++) {
          const losses = new Float64Array(path.sampleCount);
          lossesAt(path, k).forEach((loss, sample) => {
            losses[position[sample]] = loss;
          });
          const isProven = proofs.some(({ reach, low, high }) =>
            losses.every((loss, place) => place > reach || (low[place] <= loss && loss <= high[place])),
          );
          expect(isProven, `run ${run}, ε = ${epsilon}, piece ${k}`).toBe(true);
          steps++;
        }
      }
    }
    expect(steps).toBeGreaterThan(10_000);
  });

  test.skipIf(skip)(
    "tests every step of every level by itself where games prove nothing: what was tested exactly vouches for no other level",
    () => {
      for (let run = 0; run < 4; run++) {
        const told: number[] = [];
        const walks = silent((epsilon) => told.push(epsilon));
        offerWalks(() => walks);
        const made = world(seededRandom(53, run), 80, run);
        const steps = lossSteps(made.path, made.position);
        const walk = new BettingWalk(steps, lossSums(made.path), { bound, delta: 0.1, lossBound: made.lossBound });
        const levels = Array.from({ length: 20 }, (_, k) => (k + 1) / 40);
        for (const epsilon of levels) {
          const last = walk.acceptedPiece(epsilon, levels);
          expect(last, `run ${run}, ε = ${epsilon}`).toBe(plain(made, bound, epsilon, 0.1));
          const accepted = steps.pieces.filter((piece) => piece <= last).length;
          const tested = told.filter((level) => level === epsilon).length;
          expect(tested, `run ${run}, ε = ${epsilon}`).toBe(Math.min(accepted + 1, steps.stepCount));
        }
      }
    },
  );
});
