/** Far above what is needed: n = 10^6 takes at most some thousand steps, n = 10^9 some 10^5. */
const stepLimit = 1_000_000;

/** Keeps Lentz's method going through a zero denominator. */
const tiny = 1e-300;

const nonZero = (x: number) => (Math.abs(x) < tiny ? tiny : x);

/**
 * The continued fraction F of the incomplete beta function, `I_x(a, b) = x^a (1−x)^b / (a·B(a, b)) · F`, by the modified
 * method of Lentz. Quick where x < (a + 1)/(a + b + 2): about √max(a, b) steps; use the other tail elsewhere.
 *
 * `F = 1/(1 + d₁/(1 + d₂/(1 + …)))` with d_{2m} = m(b−m)x / ((a+2m−1)(a+2m)) and
 * d_{2m+1} = −(a+m)(a+b+m)x / ((a+2m)(a+2m+1)).
 *
 * @param a above 0
 * @param b above 0
 * @param x in [0, (a + 1)/(a + b + 2))
 * @throws RangeError if it has not settled after 10^6 steps
 * @see NIST Digital Library of Mathematical Functions, 8.17.22 (https://dlmf.nist.gov/8.17#v)
 */
export function betaFraction(a: number, b: number, x: number): number {
  let front = 1;
  let back = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = back;
  for (let m = 1; m <= stepLimit; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    back = 1 / nonZero(1 + even * back);
    front = nonZero(1 + even / front);
    value *= back * front;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    back = 1 / nonZero(1 + odd * back);
    front = nonZero(1 + odd / front);
    const factor = back * front;
    value *= factor;
    if (Math.abs(factor - 1) <= Number.EPSILON) return value;
  }
  throw new RangeError(`incomplete beta fraction of ${a}, ${b} at ${x} does not settle in ${stepLimit} steps`);
}
