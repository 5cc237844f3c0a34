// What the sums of a row say, as src/kernels/row-answers.ts and src/kernels/natural-log.ts: the same float64 operations in the same order.

const ln2High: f64 = 0.6931471803691238;
const ln2Low: f64 = 1.9082149292705877e-10;

/** @param x positive, finite and not subnormal */
export function naturalLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let k = <f64>(<i32>(bits >> 52) - 1023);
  let f = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (f > 1.4142135623730951) {
    f *= 0.5;
    k += 1;
  }
  const s = (f - 1) / (f + 1);
  const z = s * s;
  let series: f64 = 1.0 / 21.0;
  series = series * z + 1.0 / 19.0;
  series = series * z + 1.0 / 17.0;
  series = series * z + 1.0 / 15.0;
  series = series * z + 1.0 / 13.0;
  series = series * z + 1.0 / 11.0;
  series = series * z + 1.0 / 9.0;
  series = series * z + 1.0 / 7.0;
  series = series * z + 1.0 / 5.0;
  series = series * z + 1.0 / 3.0;
  return k * ln2High + (2 * s + (2 * s * z * series + k * ln2Low));
}

export function topDiffOf(total: f64, top: f64, second: f64): f64 {
  return clamp((top - second) / total, 0, 1);
}

export function entropyOf(total: f64, top: f64, weighted: f64, logClassCount: f64): f64 {
  return clamp(1 - (naturalLog(total / top) - weighted / total) / logClassCount, 0, 1);
}

export function brierOf(total: f64, top: f64, squares: f64, term: f64): f64 {
  return clamp((top * top + squares) / (total * total) - (2 * term) / total + 1, 0, 2);
}

export function squaredDistanceOf(squares: f64): f64 {
  return clamp(squares, 0, 2);
}

export function hellingerOf(roots: f64): f64 {
  return clamp(sqrt(roots / 2), 0, 1);
}

@inline
function clamp(x: f64, lower: f64, upper: f64): f64 {
  return max(lower, min(upper, x));
}
