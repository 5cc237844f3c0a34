import { seededRandom } from "../../src/stats/random.ts";

export const { NEGATIVE_INFINITY: masked, NaN: nan, POSITIVE_INFINITY: infinity } = Number;

export const random = seededRandom(5);
export const uniform = () => random.uniform() * 2 - 1;

/** Kinds of logits, by class: what networks give, and what breaks kernels. */
export const logitKinds: Record<string, (k: number) => number> = {
  "like a network's": () => 4 * uniform() + 4 * uniform() + (random.uniform() < 0.1 ? 8 : 0),
  "all close": () => 3 + 1e-4 * uniform(),
  tiny: () => 1e-3 * uniform(),
  subnormal: () => 1e-42 * uniform(),
  ties: () => Math.round(2 * uniform()),
  equal: () => 13.700001,
  "signed zeros": () => (uniform() < 0 ? -0 : 0),
  masks: () => (random.uniform() < 0.4 ? masked : 5 * uniform()),
  "shifted far up": () => 1e4 + 20 * uniform(),
  "shifted far down": () => -500 + 20 * uniform(),
  "about the largest that is not shifted": () => 127.9 + uniform(),
  wide: () => 100 * uniform(),
  huge: () => 3e38 * uniform(),
  "one far above": (k) => (k === 1 ? 90 : 0),
  "beyond float32": () => (random.uniform() < 0.3 ? -1e60 : 5 * uniform()),
};
