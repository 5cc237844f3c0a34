/** The terms t of a row whose maximum is known, and their sums; what each number is, logit-scorer.ts explains. */
import { reduced, roundingShift, scaledExponential, smallestExponent } from "./exponential";
import { joined, lowerLanes, upperLanes } from "./lane-totals";
import {
  constants,
  exponents,
  groupBytes,
  groups,
  groupsEnd,
  highs,
  numbersOf,
  planeBytes,
  powers,
  remainders,
  rests,
  rowConstants,
  terms,
} from "./row-layout";

export let maximum: f32 = 0;
export let maximumRest: f32 = 0;
let floor: f32 = 0;

/** The maximum that the terms are relative to, in two parts. */
export function setShift(rounded: f32, rest: f32): void {
  maximum = rounded;
  maximumRest = rest;
  floor = rounded + smallestExponent;
  const power = rounded * f32x4.extract_lane(v128.load(constants), 0) + roundingShift - roundingShift;
  v128.store(rowConstants, f32x4.splat(rounded));
  v128.store(rowConstants, f32x4.splat(floor), 16);
  v128.store(rowConstants, f32x4.splat(roundingShift - power), 32);
}

/** t of a single logit, given in two parts. */
export function termOf(value: f32, rest: f32): f32 {
  if (value < floor) {
    value = floor;
    rest = 0;
  }
  const x = f32x4.splat(value);
  const rounding = v128.load(rowConstants, 32);
  const power = f32x4.add(f32x4.mul(x, v128.load(constants)), rounding);
  return f32x4.extract_lane(exponentialOf(reducedPair(x, f32x4.splat(rest), f32x4.sub(power, rounding)), power), 0);
}

function reducedPair(x: v128, rest: v128, k: v128): v128 {
  const near = f32x4.sub(x, f32x4.mul(k, v128.load(constants, 16)));
  return f32x4.sub(near, f32x4.sub(f32x4.mul(k, v128.load(constants, 32)), rest));
}

function exponentialOf(u: v128, power: v128): v128 {
  return scaledExponential(
    u,
    power,
    v128.load(constants, 48),
    v128.load(constants, 64),
    v128.load(constants, 80),
    v128.load(constants, 96),
    v128.load(constants, 112),
    v128.load(constants, 128),
  );
}

/** d, u and the power of two of float32 logits, for the groups from `start` to `end`. */
export function reduceGroups(from: usize, start: usize, end: usize): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  for (let at = start; at < end; at += groupBytes, from += 64) {
    reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

@inline
export function reduceGroup(
  from: usize,
  at: usize,
  inverse: v128,
  ln2High: v128,
  ln2Low: v128,
  vm: v128,
  vfloor: v128,
  rounding: v128,
): void {
  let x = f32x4.pmax(v128.load(from), vfloor);
  let power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents);
  v128.store(at, power, powers);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders);

  x = f32x4.pmax(v128.load(from, 16), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 16);
  v128.store(at, power, powers + 16);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 16);

  x = f32x4.pmax(v128.load(from, 32), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 32);
  v128.store(at, power, powers + 32);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 32);

  x = f32x4.pmax(v128.load(from, 48), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 48);
  v128.store(at, power, powers + 48);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 48);
}

/** The same of all logits in two parts. */
export function reducePairs(): void {
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  const maximumRests = f32x4.splat(maximumRest);
  for (let i: usize = 0; i < planeBytes; i += 16) {
    const given = v128.load(highs + i);
    const isBelow = f32x4.lt(given, vfloor);
    const x = f32x4.pmax(given, vfloor);
    const rest = v128.load(rests + i);
    const power = f32x4.add(f32x4.mul(x, v128.load(constants)), rounding);
    const at = numbersOf(<i32>(i >> 2));
    v128.store(at, power, powers);
    v128.store(at, reducedPair(x, v128.andnot(rest, isBelow), f32x4.sub(power, rounding)), remainders);
    const restBelow = v128.andnot(f32x4.sub(rest, maximumRests), isBelow);
    v128.store(at, f32x4.add(f32x4.sub(x, v128.load(rowConstants)), restBelow), exponents);
  }
}

/** t from u and its power of two. */
export function raiseTerms(): void {
  const c6 = v128.load(constants, 48);
  const c5 = v128.load(constants, 64);
  const c4 = v128.load(constants, 80);
  const c3 = v128.load(constants, 96);
  const c2 = v128.load(constants, 112);
  const one = v128.load(constants, 128);
  for (let at = groups; at < groupsEnd; at += groupBytes) {
    v128.store(at, scaledExponential(v128.load(at, remainders), v128.load(at, powers), c6, c5, c4, c3, c2, one), terms);
    v128.store(at, scaledExponential(v128.load(at, remainders + 16), v128.load(at, powers + 16), c6, c5, c4, c3, c2, one), terms + 16);
    v128.store(at, scaledExponential(v128.load(at, remainders + 32), v128.load(at, powers + 32), c6, c5, c4, c3, c2, one), terms + 32);
    v128.store(at, scaledExponential(v128.load(at, remainders + 48), v128.load(at, powers + 48), c6, c5, c4, c3, c2, one), terms + 48);
  }
}

/** Σ t, Σ t² and Σ t·d from t and d. */
export function sumTerms(record: usize): void {
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let q0 = t0;
  let q1 = t0;
  let w0 = t0;
  let w1 = t0;
  for (let at = groups; at < groupsEnd; at += groupBytes) {
    let t = v128.load(at, terms);
    let ts = t;
    let qs = f32x4.mul(t, t);
    let ws = f32x4.mul(t, v128.load(at, exponents));

    t = v128.load(at, terms + 16);
    ts = f32x4.add(ts, t);
    qs = f32x4.add(qs, f32x4.mul(t, t));
    ws = f32x4.add(ws, f32x4.mul(t, v128.load(at, exponents + 16)));

    t = v128.load(at, terms + 32);
    const tsLater = t;
    const qsLater = f32x4.mul(t, t);
    const wsLater = f32x4.mul(t, v128.load(at, exponents + 32));

    t = v128.load(at, terms + 48);
    ts = f32x4.add(ts, f32x4.add(tsLater, t));
    qs = f32x4.add(qs, f32x4.add(qsLater, f32x4.mul(t, t)));
    ws = f32x4.add(ws, f32x4.add(wsLater, f32x4.mul(t, v128.load(at, exponents + 48))));

    t0 = f64x2.add(t0, lowerLanes(ts));
    t1 = f64x2.add(t1, upperLanes(ts));
    q0 = f64x2.add(q0, lowerLanes(qs));
    q1 = f64x2.add(q1, upperLanes(qs));
    w0 = f64x2.add(w0, lowerLanes(ws));
    w1 = f64x2.add(w1, upperLanes(ws));
  }
  f64.store(record, joined(t0, t1));
  f64.store(record, joined(q0, q1), 16);
  f64.store(record, joined(w0, w1), 24);
}
