/**
 * ln x in float64 from + − × ÷ alone, because `Math.log` may differ between engines and thresholds must not.
 *
 * x = 2^k f with f in [√½, √2), s = (f − 1)/(f + 1), ln f = 2 artanh s = 2s (1 + s²/3 + s⁴/5 + …). |s| ≤ 0.1716, so the first
 * term left out, s²²/23, is below 1e-18. Measured error: at most 2 units in the last place, exactly 0 at x = 1.
 * @see Abramowitz & Stegun, Handbook of Mathematical Functions, 4.1.27
 */
const float = new Float64Array([1]);
const words = new Uint32Array(float.buffer);
/** Which half of a double holds its exponent on this machine. */
const high = words[1] === 0 ? 0 : 1;

/** ln 2 in two parts; the first has 21 trailing zero bits, so that its product with k is exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** @param x positive and finite; 0 gives −∞, negative or NaN gives NaN */
export function naturalLog(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  // subnormal: 2^54 brings it back among the normal numbers
  if (x < 2.2250738585072014e-308) return naturalLog(x * 18014398509481984) - 54 * ln2High - 54 * ln2Low;
  float[0] = x;
  let k = (words[high] >>> 20) - 1023;
  words[high] = (words[high] & 0xfffff) | 0x3ff00000;
  let f = float[0];
  if (f > Math.SQRT2) {
    f *= 0.5;
    k += 1;
  }
  const s = (f - 1) / (f + 1);
  const z = s * s;
  let series = 1 / 21;
  for (let odd = 19; odd >= 3; odd -= 2) series = series * z + 1 / odd;
  return k * ln2High + (2 * s + (2 * s * z * series + k * ln2Low));
}
