/** Two neighbouring doubles between which a predicate turns from true to false. */
export interface TurningPoint {
  /** The last number at which the predicate was seen to hold. */
  readonly low: number;
  /** The first number at which it was seen to fail. */
  readonly high: number;
}

/**
 * Where does a predicate that holds on the left stop holding? Bisection down to two neighbouring doubles, so the caller
 * can pick the side that errs safely; no tolerance to choose.
 *
 * About 53 evaluations, plus one per halving that leads to a root near 0. For a predicate that turns several times
 * (rounding, or a quantity that is not monotone) it returns one of the turns.
 *
 * @param holds is taken to be true at `low` and false at `high`; it is not evaluated there
 * @param low finite, at most `high`
 */
export function turningPoint(holds: (x: number) => boolean, low: number, high: number): TurningPoint {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) return { low, high };
    if (holds(middle)) low = middle;
    else high = middle;
  }
}
