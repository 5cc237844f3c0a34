// The two largest of a row of float32 values and where the first stands, as src/kernels/row-maximum.ts. A NaN may hide others;
// the sums over the row are NaN then.

export let largest: f32 = 0;
/** The largest of the others: equal to `largest` on a tie. */
export let second: f32 = 0;

export function findTwoLargest(x: usize, count: i32): void {
  let first = f32x4.splat(-Infinity);
  let next = first;
  // sixteen at a time, as a tree: one after the other they would wait for each other
  for (const end: usize = x + (count & ~15) * 4; x < end; x += 64) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    const ab = f32x4.pmax(a, b);
    const cd = f32x4.pmax(c, d);
    const top = f32x4.pmax(ab, cd);
    const below = f32x4.pmax(f32x4.pmin(ab, cd), f32x4.pmax(f32x4.pmin(a, b), f32x4.pmin(c, d)));
    next = f32x4.pmax(next, f32x4.pmax(below, f32x4.pmin(first, top)));
    first = f32x4.pmax(first, top);
  }
  for (let left = count & 15; left > 0; left -= 4, x += 16) {
    const v = v128.bitselect(v128.load(x), f32x4.splat(-Infinity), lanesBelow(left));
    next = f32x4.pmax(next, f32x4.pmin(first, v));
    first = f32x4.pmax(first, v);
  }
  largest = f32x4.extract_lane(first, 0);
  second = f32x4.extract_lane(next, 0);
  joinLane(f32x4.extract_lane(first, 1), f32x4.extract_lane(next, 1));
  joinLane(f32x4.extract_lane(first, 2), f32x4.extract_lane(next, 2));
  joinLane(f32x4.extract_lane(first, 3), f32x4.extract_lane(next, 3));
}

/** The two largest of four numbers of which `first` ≥ `next` and `largest` ≥ `second`. */
@inline
function joinLane(first: f32, next: f32): void {
  if (first > largest) {
    second = largest > next ? largest : next;
    largest = first;
  } else if (first > second) second = first;
}

/** All bits in the first `count` lanes. */
export function lanesBelow(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The lowest position of a value that the row holds. */
export function positionOf(x: usize, count: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  let at = x;
  for (const end: usize = x + (count & ~15) * 4; at < end; at += 64) {
    const a = f32x4.eq(v128.load(at), wanted);
    const b = f32x4.eq(v128.load(at, 16), wanted);
    const c = f32x4.eq(v128.load(at, 32), wanted);
    const d = f32x4.eq(v128.load(at, 48), wanted);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break;
  }
  let found = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  while (found == 0) {
    at += 16;
    found = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  }
  return (<i32>(at - x) >> 2) + ctz(found);
}
