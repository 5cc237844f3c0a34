// The float32 operations of src/kernels/softmax-terms.ts, where they are explained, four lanes at a time.

/** Below this difference to the maximum a term counts as 0. */
export const smallestExponent: f32 = -43.5;

/**
 * Constants are kept in memory and loaded in front of a loop. Written as literals they would be built anew in every turn: V8 moves what
 * has no effects, down to a square root, to where it is used.
 */
export const constantBytes: i32 = 11 * 16;

export function storeConstants(at: usize): void {
  v128.store(at, f32x4.splat(0.7213475108146667));
  v128.store(at, f32x4.splat(12582912), 16);
  v128.store(at, f32x4.splat(1.38629150390625), 32);
  v128.store(at, f32x4.splat(2.857213530660374e-6), 48);
  v128.store(at, f32x4.splat(2.1591089534922503e-5), 64);
  v128.store(at, f32x4.splat(0.000261516630416736), 80);
  v128.store(at, f32x4.splat(0.0026042682584375143), 96);
  v128.store(at, f32x4.splat(0.020833153277635574), 112);
  v128.store(at, f32x4.splat(0.1249999850988388), 128);
  v128.store(at, f32x4.splat(0.5), 144);
  v128.store(at, f32x4.splat(1), 160);
}

/** k + 1.5 · 2^23 for the nearest integer k to d / (2 ln 2): its lowest bits are k. */
@inline
export function shiftedPower(d: v128, inverse: v128, rounding: v128): v128 {
  return f32x4.add(f32x4.mul(d, inverse), rounding);
}

/** e^(u/2) − 1 = u/2 + u² (…) */
@inline
export function polynomial(u: v128, c6: v128, c5: v128, c4: v128, c3: v128, c2: v128, half: v128): v128 {
  const square = f32x4.mul(u, u);
  const upper = f32x4.add(f32x4.mul(c6, square), f32x4.add(f32x4.mul(c5, u), c4));
  const lower = f32x4.add(f32x4.mul(c3, u), c2);
  return f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(upper, square), lower), square), f32x4.mul(u, half));
}

/** h = (1 + w) 2^k: k goes into the exponent bits. */
@inline
export function halfTerm(w: v128, power: v128, one: v128): v128 {
  return i32x4.add(f32x4.add(w, one), i32x4.shl(power, 23));
}

/** t = ((1 + 2w) + w²) 2^2k. */
@inline
export function wholeTerm(w: v128, power: v128, one: v128): v128 {
  return i32x4.add(f32x4.add(f32x4.add(one, f32x4.add(w, w)), f32x4.mul(w, w)), i32x4.shl(power, 24));
}
