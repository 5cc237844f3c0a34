/**
 * A running sum that does not drift: the part of each addition that rounding would lose is kept beside the sum.
 * A sweep adds and takes back losses 10^5 times; plain addition of tenths is then off by about 1e-10, enough to move
 * a comparison with a critical sum. Integers stay exact up to 2^53.
 *
 * @see A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974)
 */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  /** Adds a finite number; a removal is the addition of its negative. */
  add(x: number): void {
    const sum = this.#sum + x;
    // The smaller operand is the one that loses digits.
    this.#lost += Math.abs(this.#sum) >= Math.abs(x) ? this.#sum - sum + x : x - sum + this.#sum;
    this.#sum = sum;
  }

  /** Back to 0. */
  clear(): void {
    this.#sum = this.#lost = 0;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}

/** Compensated sum of `values[start] … values[end - 1]`; 0 for an empty range. */
export function sumOf(values: ArrayLike<number>, start = 0, end: number = values.length): number {
  const sum = new CompensatedSum();
  for (let i = start; i < end; i++) sum.add(values[i]);
  return sum.value;
}
