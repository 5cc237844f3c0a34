import type { LossKind } from "../../src/exits/types.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";

/**
 * A distribution of samples whose true risk R(λ) is known without simulation, so that a calibration on drawn samples can
 * be judged exactly. `R(+∞)` (never exit) is 0 in every world, `R(−∞)` lets every sample leave early.
 */
export interface World {
  readonly name: string;
  readonly kind: LossKind;
  readonly exitCount: number;
  /** Writes one sample's confidences and relative losses, `exitCount` values each, from `at` on. */
  draw(random: Random, confidences: Float32Array, losses: Float64Array, at: number): void;
  risk(threshold: number): number;
}

const zeroOne = (name: string): LossKind => ({ name, lower: 0, upper: 1, binary: true });
const range = (lower: number, upper: number): LossKind => ({
  name: `loss in [${lower}, ${upper}]`,
  lower,
  upper,
  binary: false,
});
const signed = range(-1, 1);

/** −1, 0 or 1 with the given mean, not 0 with probability `share` ≥ |mean|: signed and noisy, like a prediction gap. */
function gap(random: Random, mean: number, share: number): number {
  const u = random.uniform();
  return u < (share + mean) / 2 ? 1 : u < share ? -1 : 0;
}

/** Two exits, confidence c ~ U(0, 1); `risk` is asked on [0, 1) only. */
function twoExits(
  name: string,
  kind: LossKind,
  loss: (random: Random, c: number) => number,
  risk: (threshold: number) => number,
): World {
  return {
    name,
    kind,
    exitCount: 2,
    draw(random, confidences, losses, at) {
      const c = random.uniform();
      confidences[at] = c;
      losses[at] = loss(random, c);
    },
    risk: (threshold) => (threshold >= 1 ? 0 : risk(Math.max(0, threshold))),
  };
}

/** Wrong with probability ρ(1 − c): R(λ) = ρ(1 − λ)²/2, so the best threshold is 1 − √(2ε/ρ). */
export function smooth(rho: number): World {
  const loss = (random: Random, c: number) => (random.uniform() < rho * (1 - c) ? 1 : 0);
  return twoExits(`smooth ρ=${rho}`, zeroOne("wrong"), loss, (t) => (rho * (1 - t) ** 2) / 2);
}

/** As {@link smooth} with a wrong exit costing 2: R(λ) = ρ(1 − λ)². */
export function smoothDouble(rho: number): World {
  const loss = (random: Random, c: number) => (random.uniform() < rho * (1 - c) ? 2 : 0);
  return twoExits(`{0, 2} ρ=${rho}`, range(0, 2), loss, (t) => rho * (1 - t) ** 2);
}

/** 0/1 losses that all lie above c = 1 − width: the risk is exactly `height` on all lower λ, one long flat stretch. */
export function flatPlateau(height: number, width = 0.2): World {
  const loss = (random: Random, c: number) => (c > 1 - width && random.uniform() < height / width ? 1 : 0);
  return twoExits(
    `0/1 plateau ${height.toFixed(3)}`,
    zeroOne("wrong"),
    loss,
    (t) => (height / width) * Math.min(1 - t, width),
  );
}

/** The same flat risk, but the losses below c = 1 − width are ±1 and cancel out on average: the observed curve wanders. */
export function noisyPlateau(height: number, width = 0.2): World {
  const mean = height / width;
  const loss = (random: Random, c: number) => (c > 1 - width ? gap(random, mean, mean) : gap(random, 0, 0.9));
  return twoExits(`signed plateau ${height.toFixed(3)}`, signed, loss, (t) => mean * Math.min(1 - t, width));
}

/** Losses of −1, 0 and 1 with one mean everywhere: R(λ) = mean · (1 − λ). The hardest case of Theorem FF has share .9. */
export function drift(mean: number, share: number): World {
  const name = `gap mean ${mean.toFixed(3)}, not 0 for ${share}`;
  return twoExits(
    name,
    signed,
    (random) => gap(random, mean, share),
    (t) => mean * (1 - t),
  );
}

/** Not monotone: the risk rises to .12 at λ = .7 and falls to −.09 below it. */
export function bump(): World {
  return twoExits(
    "bump",
    signed,
    (random, c) => gap(random, c > 0.7 ? 0.4 : -0.3, 0.6),
    (t) => 0.4 * (1 - Math.max(t, 0.7)) - 0.3 * Math.max(0.7 - t, 0),
  );
}

/** No risk above λ = .5, then a steep rise with the slope .9. */
export function lateJump(): World {
  const loss = (random: Random, c: number) => (c <= 0.5 && random.uniform() < 0.9 ? 1 : 0);
  return twoExits("late jump", zeroOne("wrong"), loss, (t) => 0.9 * Math.max(0.5 - t, 0));
}

/** Continuous losses in [0, 1], mostly near 0: u⁴ has the mean .2. */
export function skewedLosses(): World {
  return twoExits(
    "u⁴ in [0, 1]",
    range(0, 1),
    (random) => random.uniform() ** 4,
    (t) => 0.2 * (1 - t),
  );
}

/** Continuous losses of both signs and large variance: uniform on [−1.6, 2], mean .2. */
export function wideLosses(): World {
  return twoExits(
    "uniform in [−1.6, 2]",
    range(-2, 2),
    (random) => 3.6 * random.uniform() - 1.6,
    (t) => 0.2 * (1 - t),
  );
}

/**
 * The same world with its confidences rounded up to `steps` values and squeezed into (low, low + width]: many exact ties, or
 * all the mass in a tiny interval. Powers of two keep every value exact in float32.
 */
export function rounded(world: World, steps: number, low = 0, width = 1): World {
  return {
    ...world,
    name: `${world.name}, ${steps} confidences in ${width}`,
    draw(random, confidences, losses, at) {
      world.draw(random, confidences, losses, at);
      for (let l = 0; l < world.exitCount - 1; l++) {
        confidences[at + l] = low + (width * Math.ceil(steps * confidences[at + l])) / steps;
      }
    },
    // ⌈steps·c⌉ > x exactly when steps·c > ⌊x⌋.
    risk: (threshold) => world.risk(Math.floor((steps * (threshold - low)) / width) / steps),
  };
}

/**
 * Three exits, 0/1 losses. Above λ = .8 samples leave at exit 2, below it they move to exit 1 one by one; both are wrong with
 * probability `height`, independently. The risk is flat, but the observed curve wanders even with losses that are never
 * negative.
 */
export function switching(height: number): World {
  return {
    name: `switching exits at ${height.toFixed(3)}`,
    kind: zeroOne("wrong"),
    exitCount: 3,
    draw(random, confidences, losses, at) {
      confidences[at] = 0.8 * random.uniform();
      confidences[at + 1] = 0.8 + 0.2 * random.uniform();
      losses[at] = random.uniform() < height ? 1 : 0;
      losses[at + 1] = random.uniform() < height ? 1 : 0;
    },
    risk: (threshold) => height * Math.min(1, 5 * Math.max(0, 1 - threshold)),
  };
}

/**
 * Nine exits, each with its own band of confidences. A sample's loss grows in eighths from 0 to +1, or falls to −1, the further
 * forward it leaves, so whoever is ahead stays ahead: R(λ) = mean · (1 − λ), and early leads foretell late ones. First-failure
 * CRC exceeds ε here, as nothing promises otherwise for more than one early exit.
 */
export function growing(mean: number): World {
  return {
    name: `losses that grow, mean ${mean.toFixed(3)}`,
    kind: signed,
    exitCount: 9,
    draw(random, confidences, losses, at) {
      const direction = gap(random, mean, 1);
      for (let l = 0; l < 8; l++) {
        confidences[at + l] = (l + random.uniform()) / 8;
        losses[at + l] = (direction * (8 - l)) / 8;
      }
    },
    risk: (threshold) => mean * Math.min(1, Math.max(0, 1 - threshold)),
  };
}

/** Exit by exit: +1 with probability `worse` · (1 − c), −1 with probability `better`. */
export interface ExitOdds {
  readonly worse: number;
  readonly better: number;
}

/**
 * Four exits with independent confidences U(0, 1). Exit l is taken with probability λ^(l−1)(1 − λ), and its mean loss is then
 * worse·(1 − λ)/2 − better, so R(λ) = Σ_l λ^(l−1)(1 − λ)(worse_l·(1 − λ)/2 − better_l).
 */
export function fourExits(name: string, odds: readonly [ExitOdds, ExitOdds, ExitOdds]): World {
  const binary = odds.every(({ better }) => better === 0);
  return {
    name: `four exits, ${name}`,
    kind: binary ? zeroOne("wrong") : signed,
    exitCount: 4,
    draw(random, confidences, losses, at) {
      odds.forEach(({ worse, better }, l) => {
        const c = random.uniform();
        const u = random.uniform();
        confidences[at + l] = c;
        losses[at + l] = u < worse * (1 - c) ? 1 : u > 1 - better ? -1 : 0;
      });
    },
    risk(threshold) {
      if (threshold >= 1) return 0;
      const t = Math.max(0, threshold);
      return odds.reduce((sum, { worse, better }, l) => sum + t ** l * (1 - t) * ((worse * (1 - t)) / 2 - better), 0);
    },
  };
}

/** Four exits, 24 kinds of input of equal weight with confidences of sixteenths; the risk is a sum over the kinds. */
export function fewInputs(): World {
  const random = seededRandom(24);
  const inputs = Array.from({ length: 24 }, () =>
    [0.6, 0.4, 0.2].map((worst) => {
      const confidence = (1 + random.integer(16)) / 16;
      return { confidence, worse: worst * (1.1 - confidence), better: 0.15 * random.uniform() };
    }),
  );
  return {
    name: "four exits, 24 inputs",
    kind: signed,
    exitCount: 4,
    draw(source, confidences, losses, at) {
      inputs[source.integer(inputs.length)].forEach(({ confidence, worse, better }, l) => {
        const u = source.uniform();
        confidences[at + l] = confidence;
        losses[at + l] = u < worse ? 1 : u > 1 - better ? -1 : 0;
      });
    },
    risk(threshold) {
      const means = inputs.map((exits) => {
        const taken = exits.find(({ confidence }) => confidence > threshold);
        return taken ? taken.worse - taken.better : 0;
      });
      return means.reduce((sum, mean) => sum + mean, 0) / inputs.length;
    },
  };
}
