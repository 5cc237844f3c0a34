const { fround } = Math;
const double = new Float64Array([1]);
const halves = new Int32Array(double.buffer);
/** Which half of a double holds its exponent on this machine. */
const upper = halves[1] === 0 ? 0 : 1;
const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);
const ln2 = fround(Math.LN2);
/** ln(1 + t)/t by minimax for 1 + t in [√½, √2]; times t it is off by at most 2.3e-7. */
const [c1, c2, c3, c4, c5, c6, c7] = [
  1.0000032186508179, -0.5000196695327759, 0.3330329656600952, -0.24881334602832794, 0.20604678988456726,
  -0.18902020156383514, 0.11827510595321655,
];

/**
 * slack − ln w for w > 0, no subnormal number, off by at most 1.5e-6 + 3e-7 |ln w|: float32 operations on the upper half of
 * w = 2^k (1 + t), with 1 + t in about [√½, √2). The same bits on every machine, and in assembly/envelope-games.ts, where the
 * parts of the polynomial do not wait for each other.
 *
 * @param slack a float32 number, small
 */
export function roughlyMissing(w: number, slack: number): number {
  double[0] = w;
  const half = halves[upper];
  const shifted = (half + 0x95f61) >>> 20;
  bits[0] = ((half - (shifted << 20)) << 3) + 0x3f800000;
  const t = fround(single[0] - 1);
  const t2 = fround(t * t);
  const t3 = fround(t2 * t);
  const c12 = fround(t * fround(c1 + fround(t * c2)));
  const c34 = fround(t3 * fround(c3 + fround(t * c4)));
  const c567 = fround(fround(t3 * t2) * fround(fround(c5 + fround(t * c6)) + fround(t2 * c7)));
  const whole = fround(slack - fround(fround(shifted - 1023) * ln2));
  return fround(fround(whole - c12) - fround(c34 + c567));
}
