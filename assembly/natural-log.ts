// ln x of two float64 numbers: the operations of src/kernels/natural-log.ts, where they are explained, for normal numbers of at least 1.

/** √2; one half and one; ln 2 in two parts; 1/21, 1/19, … 1/3. */
export const logConstantBytes: i32 = 15 * 16;

export function storeLogConstants(at: usize): void {
  v128.store(at, f64x2.splat(Math.SQRT2));
  v128.store(at, f64x2.splat(0.5), 16);
  v128.store(at, f64x2.splat(1), 32);
  v128.store(at, f64x2.splat(0.6931471803691238), 48);
  v128.store(at, f64x2.splat(1.9082149292705877e-10), 64);
  for (let odd = 21; odd >= 3; odd -= 2) v128.store(at + 80 + ((21 - odd) << 3), f64x2.splat(1 / <f64>odd));
}

/** @param constants as stored above */
@inline
export function naturalLog(x: v128, constants: usize): v128 {
  const one = v128.load(constants, 32);
  // exponent and mantissa, which is brought into [√½, √2)
  let k = i64x2.sub(i64x2.shr_u(x, 52), i64x2.splat(1023));
  let f = v128.or(v128.and(x, i64x2.splat(0xfffffffffffff)), one);
  const isLarge = f64x2.gt(f, v128.load(constants));
  f = v128.bitselect(f64x2.mul(f, v128.load(constants, 16)), f, isLarge);
  k = i64x2.sub(k, isLarge);
  const exponent = f64x2.convert_low_i32x4_s(i32x4.shuffle(k, k, 0, 2, 0, 2));

  const s = f64x2.div(f64x2.sub(f, one), f64x2.add(f, one));
  const z = f64x2.mul(s, s);
  let series = v128.load(constants, 80);
  for (let at = constants + 96, end = constants + 240; at < end; at += 16) {
    series = f64x2.add(f64x2.mul(series, z), v128.load(at));
  }
  const twice = f64x2.add(s, s);
  const rest = f64x2.add(f64x2.mul(f64x2.mul(twice, z), series), f64x2.mul(exponent, v128.load(constants, 64)));
  return f64x2.add(f64x2.mul(exponent, v128.load(constants, 48)), f64x2.add(twice, rest));
}
