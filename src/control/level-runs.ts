/**
 * Which seat looks for which level next. Each seat goes through a run of consecutive levels, so that a level begins where the one
 * before it ended; a seat that is through takes over half of the longest run that is left.
 */
export class LevelRuns {
  /** Levels from `next` on are still to be given out, in each run. */
  readonly #runs: { next: number; end: number }[];

  /** @param levelCount at least `seatCount` */
  constructor(levelCount: number, seatCount: number) {
    const border = (seat: number) => Math.round((seat * levelCount) / seatCount);
    this.#runs = Array.from({ length: seatCount }, (_, seat) => ({ next: border(seat), end: border(seat + 1) }));
  }

  /** The level that a seat takes up, from 0 to levelCount − 1; null when all are given out. */
  next(seat: number): number | null {
    const own = this.#runs[seat];
    if (own.next === own.end) {
      const longest = this.#runs.reduce((a, b) => (b.end - b.next > a.end - a.next ? b : a));
      own.end = longest.end;
      own.next = longest.end = (longest.next + longest.end) >> 1;
    }
    return own.next < own.end ? own.next++ : null;
  }
}
