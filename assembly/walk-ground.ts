/**
 * Where a walk takes place: the steps of src/exits/loss-steps.ts, the levels that are looked for and what is known about others. The kernel
 * lays out its memory itself; the host fills the arrays, whose addresses stand in a list.
 */
import { boxBytes, gameCount } from "./game-fields";

/** What is known about a level: `KnownLevel` of src/control/walk-engine.ts. The host (simd-walks.ts) writes and reads the fields in this order. */
@unmanaged
export class KnownLevel {
  epsilon: f64;
  sharedTo: f64;
  failure: i32;
  sharedStep: i32;
}

export let sampleCount: i32 = 0;
export let stepCount: i32 = 0;
export let levelCount: i32 = 0;
export let knownCount: i32 = 0;

/** `[stepCount + 1]` uint32, then `[changeCount]` uint32 and float64: where each step begins, places and losses of its changes. */
let starts: usize = 0;
let places: usize = 0;
let losses: usize = 0;
/** `[stepCount]` float64: loss sums. */
let sums: usize = 0;
/** `[levelCount]` float64, ascending. */
let levels: usize = 0;
/** `[knownCount + levelCount]` of `KnownLevel`: what the host knows, then what is found. */
let known: usize = 0;
/** `[sampleCount, 2]`: for each place stake (float32, padded) and share (float64). */
export let tables: usize = 0;
/** `[sampleCount, 2, gameCount]` float64: for each place the lowest losses of all games, then the highest. */
export let boxes: usize = 0;
/** `[gameCount, sampleCount]` float64: the losses of each box as they are now. */
let lossesNow: usize = 0;
/** `[changeCount]` float64: the loss that each change replaced, as far as any box has come; the same for all boxes. */
export let replaced: usize = 0;
/** `[gameCount, changeCount]` uint32: notes of each box. */
let touched: usize = 0;

let changeCount: usize = 0;
const addresses = memory.data(8 * 4, 16);
/** Where the next array begins. */
let laidTo: i64 = 0;

/**
 * @returns the addresses of the arrays that the host fills: starts, places, losses, sums, levels, known, tables; uint32. 0 where there is not
 *   enough memory
 */
export function layOut(samples: i32, steps: i32, changes: i32, levelsToFind: i32, levelsKnown: i32): usize {
  sampleCount = samples;
  stepCount = steps;
  levelCount = levelsToFind;
  knownCount = levelsKnown;
  changeCount = <usize>changes;
  laidTo = ((<i64>__heap_base + 63) >> 6) << 6;
  const first = <usize>laidTo;
  boxes = next(samples, boxBytes);
  lossesNow = next(samples, 8 * gameCount);
  const zeros = <usize>laidTo - first;
  starts = next(steps + 1, 4);
  places = next(changes, 4);
  losses = next(changes, 8);
  sums = next(steps, 8);
  levels = next(levelsToFind, 8);
  known = next(levelsKnown + levelsToFind, offsetof<KnownLevel>());
  tables = next(samples, 16);
  replaced = next(changes, 8);
  touched = next(changes, 4 * gameCount);
  const missing = ((laidTo + 65535) >> 16) - <i64>memory.size();
  if (missing > 65536 || (missing > 0 && memory.grow(<i32>missing) < 0)) return 0;
  memory.fill(first, 0, zeros);
  store<u32>(addresses, <u32>starts);
  store<u32>(addresses, <u32>places, 4);
  store<u32>(addresses, <u32>losses, 8);
  store<u32>(addresses, <u32>sums, 12);
  store<u32>(addresses, <u32>levels, 16);
  store<u32>(addresses, <u32>known, 20);
  store<u32>(addresses, <u32>tables, 24);
  return addresses;
}

/** The place of an array of `count` elements. Its address means something only if all arrays fit into memory. */
function next(count: i32, bytes: usize): usize {
  const at = laidTo;
  laidTo = ((at + <i64>count * <i64>bytes + 63) >> 6) << 6;
  return <usize>at;
}

/** Where a box notes which places it touched. */
export function touchedOf(game: i32): usize {
  return touched + <usize>game * changeCount * 4;
}

export function lossesNowOf(game: i32): usize {
  return lossesNow + <usize>game * <usize>sampleCount * 8;
}

export function knownLevel(index: i32): KnownLevel {
  return changetype<KnownLevel>(known + <usize>index * offsetof<KnownLevel>());
}

/** One more level is known. */
export function newlyKnown(): KnownLevel {
  return knownLevel(knownCount++);
}

@inline
export function levelOf(index: i32): f64 {
  return load<f64>(levels + (<usize>index << 3));
}

/** Where the changes of a step begin; of `stepCount`, where all end. */
@inline
export function startOf(step: i32): i32 {
  return load<i32>(starts + (<usize>step << 2));
}

@inline
export function placeOf(change: i32): i32 {
  return load<i32>(places + (<usize>change << 2));
}

@inline
export function lossOf(change: i32): f64 {
  return load<f64>(losses + (<usize>change << 3));
}

@inline
export function sumOf(step: i32): f64 {
  return load<f64>(sums + (<usize>step << 3));
}
