/**
 * Guards of the statistical functions. A breach is a mistake of the calling code (people's input is checked at the
 * edge, with a hint), so it is a RangeError and not an EexitError; silence would return a number that looks valid.
 */

/** Throws a RangeError unless 0 < value < 1 (NaN throws too). */
export function requireProbability(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} is ${value}, expected a number between 0 and 1`);
}

/** Throws a RangeError unless value is an integer of at least `least` that a double holds exactly. */
export function requireCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} is ${value}, expected an integer of at least ${least}`);
  }
}

/** Throws a RangeError unless low < value < high, bounds excluded (NaN throws too). */
export function requireBetween(name: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high)) {
    throw new RangeError(`${name} is ${value}, expected a number above ${low} and below ${high}`);
  }
}
