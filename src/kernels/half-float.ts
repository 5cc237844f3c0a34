/** float16 bits → value; 256 KB, built on first use because most files hold float32. */
let halfValues: Float32Array | null = null;

/**
 * Values of IEEE 754 binary16 numbers, exact in float32 (subnormals, infinities and NaN included).
 * @param bits the 16-bit patterns in host byte order
 */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  halfValues ??= Float32Array.from({ length: 65536 }, (_, pattern) => halfValue(pattern));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfValues[bits[i]];
  return values;
}

/**
 * Values of bfloat16 numbers, exact in float32: a bfloat16 is the upper half of a float32.
 * @param bits the 16-bit patterns in host byte order
 */
export function bfloatToFloat32(bits: Uint16Array): Float32Array {
  const patterns = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) patterns[i] = bits[i] << 16;
  return new Float32Array(patterns.buffer);
}

/** Value of one binary16 pattern: (−1)^s 2^(e−15) (1 + f/1024), or (−1)^s 2^−14 f/1024 when e = 0. */
function halfValue(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const fraction = pattern & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
