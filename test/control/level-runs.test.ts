import { describe, expect, test } from "vitest";
import { type WatchedKernel, watchedKernel } from "../support/simd-games.ts";

const kernel = watchedKernel();
const missing = kernel ? "" : " (skipped: not built by npm run build, or no SIMD here)";

/** The levels of each seat, when `turn` says which seat is through next. */
function givenOut(levelCount: number, seatCount: number, turn: (round: number) => number): number[][] {
  const runs = kernel as WatchedKernel;
  runs.beginRuns(levelCount, seatCount);
  const seats: number[][] = Array.from({ length: seatCount }, () => []);
  const open = new Set(seats.keys());
  for (let round = 0; open.size > 0; round++) {
    const seat = turn(round);
    const level = runs.nextLevel(seat);
    if (level < 0) open.delete(seat);
    else seats[seat].push(level);
  }
  return seats;
}

describe.skipIf(!kernel)(`runs of levels${missing}`, () => {
  test("are consecutive where all seats are equally fast", () => {
    expect(givenOut(9, 3, (round) => round % 3)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
    expect(givenOut(2, 2, (round) => round % 2)).toEqual([[0], [1]]);
  });

  test("are halved for a seat that is through, the longest first", () => {
    // seat 0 finds all of its own before seat 1 begins
    expect(givenOut(8, 2, (round) => (round < 12 ? 0 : 1))).toEqual([[0, 1, 2, 3, 6, 7, 5, 4], []]);
  });

  test("give out every level once, whoever is through first", () => {
    for (const [levels, seats] of [
      [1, 1],
      [50, 8],
      [9, 8],
      [100, 3],
    ]) {
      for (const turn of [
        (round: number) => round % seats,
        (round: number) => (round * round + (round >> 3)) % seats,
      ]) {
        // a turn that never comes would leave a seat open
        const fair = (round: number) => (round % 2 ? (round >> 1) % seats : turn(round));
        const all = givenOut(levels, seats, fair).flat();
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: levels }, (_, level) => level));
      }
    }
  });
});
