// The float32 operations of src/kernels/softmax-terms.ts, where they are explained, four lanes at a time.

/** Below this difference to the maximum a logit counts as this far below it. */
export const smallestExponent: f32 = -43;

/**
 * Constants are kept in memory and loaded in front of a loop. Written as literals they would be built anew in every turn: V8 moves what
 * has no effects, down to a square root, to where it is used.
 */
export const constantBytes: i32 = 10 * 16;

export function storeConstants(at: usize): void {
  v128.store(at, f32x4.splat(1.4426950216293335));
  v128.store(at, f32x4.splat(0.693145751953125), 16);
  v128.store(at, f32x4.splat(1.428606765330187e-6), 32);
  v128.store(at, f32x4.splat(0.0013813698897138238), 48);
  v128.store(at, f32x4.splat(0.008368744514882565), 64);
  v128.store(at, f32x4.splat(0.04166840389370918), 80);
  v128.store(at, f32x4.splat(0.1666652113199234), 96);
  v128.store(at, f32x4.splat(0.4999999403953552), 112);
  v128.store(at, f32x4.splat(1), 128);
}

/** 1.5 · 2^23, which rounds what is added to it to an integer. */
export const roundingShift: f32 = 12582912;

/** x − k ln 2, in two parts: the first difference is exact. */
@inline
export function reduced(x: v128, k: v128, ln2High: v128, ln2Low: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(k, ln2High)), f32x4.mul(k, ln2Low));
}

/** e^u · 2^j = (1 + u + u² (…)) 2^j: j, the lowest bits of `power`, goes into the exponent bits. */
@inline
export function scaledExponential(
  u: v128,
  power: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  one: v128,
): v128 {
  const square = f32x4.mul(u, u);
  const upper = f32x4.add(f32x4.mul(c6, square), f32x4.add(f32x4.mul(c5, u), c4));
  const lower = f32x4.add(f32x4.mul(c3, u), c2);
  const w = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(upper, square), lower), square), u);
  return i32x4.add(f32x4.add(w, one), i32x4.shl(power, 23));
}
