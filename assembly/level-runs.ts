import { gameCount } from "./game-fields";

/** For each seat the next level that is still to be given out, and the level behind the last. */
const runs = memory.data(gameCount * 8, 4);
let seatCount: i32 = 0;

/**
 * Which seat looks for which level next. Each seat goes through a run of consecutive levels, so that a level begins where the one
 * before it ended.
 *
 * @param levelCount at least `seats`
 */
export function beginRuns(levelCount: i32, seats: i32): void {
  seatCount = seats;
  for (let seat = 0; seat < seats; seat++) {
    setNext(seat, (seat * levelCount) / seats);
    setEnd(seat, ((seat + 1) * levelCount) / seats);
  }
}

/** The level that a seat takes up; −1 when all are given out. A seat that is through takes over half of the longest run that is left. */
export function nextLevel(seat: i32): i32 {
  if (nextOf(seat) == endOf(seat)) {
    let longest = 0;
    for (let other = 1; other < seatCount; other++) if (left(other) > left(longest)) longest = other;
    const middle = (nextOf(longest) + endOf(longest)) >> 1;
    setEnd(seat, endOf(longest));
    setEnd(longest, middle);
    setNext(seat, middle);
  }
  const level = nextOf(seat);
  if (level == endOf(seat)) return -1;
  setNext(seat, level + 1);
  return level;
}

function left(seat: i32): i32 {
  return endOf(seat) - nextOf(seat);
}

function nextOf(seat: i32): i32 {
  return load<i32>(runs + (<usize>seat << 3));
}

function endOf(seat: i32): i32 {
  return load<i32>(runs + (<usize>seat << 3), 4);
}

function setNext(seat: i32, level: i32): void {
  store<i32>(runs + (<usize>seat << 3), level);
}

function setEnd(seat: i32, level: i32): void {
  store<i32>(runs + (<usize>seat << 3), level, 4);
}
