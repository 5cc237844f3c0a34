/**
 * Distances of a row to the full network's: Σ (√p − √q)² and Σ (p − q)². Each loop reduces the open row on the way, if there is one: square
 * roots keep one of the processor's four units busy, and the reduction needs the others.
 */
import { joined, lowerLanes, upperLanes } from "./lane-totals";
import {
  constants,
  distanceSums,
  groupBytes,
  groups,
  groupsEnd,
  numbersOf,
  roots,
  rowConstants,
  shares,
  terms,
  wholeEnd,
} from "./row-layout";
import { argmax, openTail, row, top, total } from "./row-reading";
import { reduceGroup } from "./row-terms";

export let referenceArgmax: i32 = 0;
let referenceTop: f32 = 1;
let referenceTotal: f64 = 1;

/** Keeps of the row that was read last only what it predicts, where no distances are wanted. */
export function keepArgmax(): void {
  referenceArgmax = argmax;
}

/** Keeps the reference and reduces the open row, if there is one. */
export function keep(isOpen: bool): void {
  referenceArgmax = argmax;
  referenceTop = top;
  referenceTotal = total;
  const scale = shareScale();
  if (isOpen) {
    keepGroups(row, groups, wholeEnd(), scale, true);
    if (wholeEnd() < groupsEnd) keepGroups(openTail(), wholeEnd(), groupsEnd, scale, true);
  } else keepGroups(0, groups, groupsEnd, scale, false);
  f32.store(numbersOf(argmax), 0, shares);
  f32.store(numbersOf(argmax), 0, roots);
}

/** @param isOpen known where it is compiled, so that there are two loops */
@inline
function keepGroups(from: usize, start: usize, end: usize, scale: v128, isOpen: bool): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  for (let at = start; at < end; at += groupBytes, from += 64) {
    for (let i: usize = at; i < at + 64; i += 16) {
      const share = f32x4.mul(v128.load(i, terms), scale);
      v128.store(i, share, shares);
      v128.store(i, f32x4.sqrt(share), roots);
    }
    if (isOpen) reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

/** 1/S in float32 in all lanes: times t it gives p. By way of memory, or it would be computed in every turn of the loop. */
function shareScale(): v128 {
  v128.store(rowConstants, f32x4.splat(<f32>(1 / total)), 64);
  return v128.load(rowConstants, 64);
}

/** Measures the row that was read last and reduces the open one, if there is one. The two maxima are added in float64. */
export function measure(record: usize, isOpen: bool): void {
  const same = argmax == referenceArgmax;
  const own = numbersOf(argmax);
  const other = numbersOf(referenceArgmax);
  const here = f32.load(other, terms);
  const keptShare = f32.load(own, shares);
  const keptRoot = f32.load(own, roots);
  f32.store(own, 0, terms);
  f32.store(other, 0, terms);
  f32.store(own, 0, shares);
  f32.store(own, 0, roots);
  sumDistances(record, isOpen);
  f32.store(own, keptShare, shares);
  f32.store(own, keptRoot, roots);
  f32.store(other, here, terms);
  f32.store(own, top, terms);
  const there: f64 = same ? <f64>referenceTop / referenceTotal : keptShare;
  addClass(record, <f64>top / total, there);
  if (!same) addClass(record, <f64>here / total, <f64>referenceTop / referenceTotal);
}

function sumDistances(record: usize, isOpen: bool): void {
  for (let i: usize = 0; i < 64; i += 16) v128.store(distanceSums + i, f64x2.splat(0));
  const scale = shareScale();
  if (isOpen) {
    measureGroups(row, groups, wholeEnd(), scale, true);
    if (wholeEnd() < groupsEnd) measureGroups(openTail(), wholeEnd(), groupsEnd, scale, true);
  } else measureGroups(0, groups, groupsEnd, scale, false);
  f64.store(record, joined(v128.load(distanceSums), v128.load(distanceSums, 16)), 56);
  f64.store(record, joined(v128.load(distanceSums, 32), v128.load(distanceSums, 48)), 64);
}

/** As `keepGroups`. Sums are kept in memory, which leaves the registers to the rest. */
@inline
function measureGroups(from: usize, start: usize, end: usize, scale: v128, isOpen: bool): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  const sums = distanceSums;
  for (let at = start; at < end; at += groupBytes, from += 64) {
    let p = f32x4.mul(v128.load(at, terms), scale);
    let difference = f32x4.sub(p, v128.load(at, shares));
    let apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots));
    let ss = f32x4.mul(difference, difference);
    let rs = f32x4.mul(apart, apart);

    p = f32x4.mul(v128.load(at, terms + 16), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 16));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 16));
    ss = f32x4.add(ss, f32x4.mul(difference, difference));
    rs = f32x4.add(rs, f32x4.mul(apart, apart));

    p = f32x4.mul(v128.load(at, terms + 32), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 32));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 32));
    const ssLater = f32x4.mul(difference, difference);
    const rsLater = f32x4.mul(apart, apart);

    p = f32x4.mul(v128.load(at, terms + 48), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 48));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 48));
    ss = f32x4.add(ss, f32x4.add(ssLater, f32x4.mul(difference, difference)));
    rs = f32x4.add(rs, f32x4.add(rsLater, f32x4.mul(apart, apart)));

    v128.store(sums, f64x2.add(v128.load(sums), lowerLanes(rs)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), upperLanes(rs)), 16);
    v128.store(sums, f64x2.add(v128.load(sums, 32), lowerLanes(ss)), 32);
    v128.store(sums, f64x2.add(v128.load(sums, 48), upperLanes(ss)), 48);
    if (isOpen) reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

/** Adds one class in float64, given its probability in the row and in the reference. */
function addClass(record: usize, share: f64, referenceShare: f64): void {
  const difference = share - referenceShare;
  const roots = sqrt(share) - sqrt(referenceShare);
  f64.store(record, f64.load(record, 56) + roots * roots, 56);
  f64.store(record, f64.load(record, 64) + difference * difference, 64);
}
