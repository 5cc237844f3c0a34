/**
 * Sums in the order that a machine with four float32 lanes takes: element i belongs to lane i mod 4; a lane adds its
 * elements in float32, in order; after every 64 elements (16 per lane) the four float32 partial sums are each added to their
 * lane's float64 total and start again at 0; at the end the totals are (lane 0 + lane 1) + (lane 2 + lane 3).
 * Without the flush the error of a sum over 1000 classes is 1.4e-6, with it 1e-7.
 *
 * Arrays are padded with zeros to a multiple of 4; adding +0 changes no sum, so a tail of any length gives the same bits.
 */

const blockLength = 64;

/** Sums over the classes other than the most likely one, whose term is exactly 1. */
export interface SoftmaxSums {
  /** Σ t, with t = e^d. */
  terms: number;
  /** Σ t², each rounded to float32. */
  squares: number;
  /** Σ t·d, at most 0. */
  weighted: number;
}

/** @param terms t = e^d per class, 0 where masked and at the most likely class; `exponents` d, finite everywhere */
export function sumSoftmax(terms: Float32Array, exponents: Float32Array, sums: SoftmaxSums): void {
  const f = Math.fround;
  const length = terms.length;
  let [t0, t1, t2, t3, q0, q1, q2, q3, w0, w1, w2, w3] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let start = 0; start < length; start += blockLength) {
    const end = Math.min(start + blockLength, length);
    let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = start; i < end; i += 4) {
      const x0 = terms[i];
      const x1 = terms[i + 1];
      const x2 = terms[i + 2];
      const x3 = terms[i + 3];
      a0 = f(a0 + x0);
      a1 = f(a1 + x1);
      a2 = f(a2 + x2);
      a3 = f(a3 + x3);
      b0 = f(b0 + f(x0 * x0));
      b1 = f(b1 + f(x1 * x1));
      b2 = f(b2 + f(x2 * x2));
      b3 = f(b3 + f(x3 * x3));
      c0 = f(c0 + f(x0 * exponents[i]));
      c1 = f(c1 + f(x1 * exponents[i + 1]));
      c2 = f(c2 + f(x2 * exponents[i + 2]));
      c3 = f(c3 + f(x3 * exponents[i + 3]));
    }
    t0 += a0;
    t1 += a1;
    t2 += a2;
    t3 += a3;
    q0 += b0;
    q1 += b1;
    q2 += b2;
    q3 += b3;
    w0 += c0;
    w1 += c1;
    w2 += c2;
    w3 += c3;
  }
  sums.terms = t0 + t1 + (t2 + t3);
  sums.squares = q0 + q1 + (q2 + q3);
  sums.weighted = w0 + w1 + (w2 + w3);
}

/** How far two distributions are apart. */
export interface DistanceSums {
  /** Σ (√p − √q)², twice the squared Hellinger distance. */
  roots: number;
  /** Σ (p − q)². */
  squares: number;
}

/**
 * Both distances between p (√p_i = `halves[i] * scale`, rounded to float32) and q (`roots[i]` = √q_i in float32).
 *
 * Differences are squared one by one: 1 − Σ √p √q would cancel for close distributions. p − q = (√p − √q)(√p + √q).
 */
export function sumDistances(halves: Float32Array, scale: number, roots: Float32Array, sums: DistanceSums): void {
  const f = Math.fround;
  const length = halves.length;
  let [r0, r1, r2, r3, q0, q1, q2, q3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let start = 0; start < length; start += blockLength) {
    const end = Math.min(start + blockLength, length);
    let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = start; i < end; i += 4) {
      const p0 = f(halves[i] * scale);
      const p1 = f(halves[i + 1] * scale);
      const p2 = f(halves[i + 2] * scale);
      const p3 = f(halves[i + 3] * scale);
      const d0 = f(p0 - roots[i]);
      const d1 = f(p1 - roots[i + 1]);
      const d2 = f(p2 - roots[i + 2]);
      const d3 = f(p3 - roots[i + 3]);
      const s0 = f(d0 * f(p0 + roots[i]));
      const s1 = f(d1 * f(p1 + roots[i + 1]));
      const s2 = f(d2 * f(p2 + roots[i + 2]));
      const s3 = f(d3 * f(p3 + roots[i + 3]));
      a0 = f(a0 + f(d0 * d0));
      a1 = f(a1 + f(d1 * d1));
      a2 = f(a2 + f(d2 * d2));
      a3 = f(a3 + f(d3 * d3));
      b0 = f(b0 + f(s0 * s0));
      b1 = f(b1 + f(s1 * s1));
      b2 = f(b2 + f(s2 * s2));
      b3 = f(b3 + f(s3 * s3));
    }
    r0 += a0;
    r1 += a1;
    r2 += a2;
    r3 += a3;
    q0 += b0;
    q1 += b1;
    q2 += b2;
    q3 += b3;
  }
  sums.roots = r0 + r1 + (r2 + r3);
  sums.squares = q0 + q1 + (q2 + q3);
}
