import type { Floats } from "./types.ts";

/**
 * Every place where a sample could leave, sorted by confidence downwards.
 *
 * Scanning a sample's exits from the first, only a strict record of the running maximum can ever be the first exit above
 * some λ (STATISTICS: e(λ) = l ⇔ m_{l−1} ≤ λ < m_l). So λ walking downwards meets at most n·(L−1) events, and a sample's
 * own events come deepest exit first.
 */
export interface ExitRecords {
  readonly sampleCount: number;
  readonly exitCount: number;
  /** Confidences in descending order, `[recordCount]`; float32 values promote without change. */
  readonly values: Float64Array;
  readonly samples: Uint32Array;
  /** Zero-based exit index of each record. */
  readonly exits: Uint16Array;
  /** The thresholds of the exact path: the distinct confidences, descending, and −∞; `[pieceCount]`. */
  readonly lambdas: Float64Array;
  /** Piece k of the exact path begins with the records `changeStart[k] … changeStart[k + 1] − 1`, of equal confidence; none for k = 0. */
  readonly changeStart: Uint32Array;
}

/**
 * Collects and sorts the records of a confidence column.
 *
 * @param confidences row-major `[sampleCount, exitCount]`; the last exit's value is never read
 */
export function exitRecords(confidences: Floats, sampleCount: number, exitCount: number): ExitRecords {
  const capacity = sampleCount * (exitCount - 1);
  const rawValues = confidences instanceof Float32Array ? new Float32Array(capacity) : new Float64Array(capacity);
  const rawSamples = new Uint32Array(capacity);
  const rawExits = new Uint16Array(capacity);
  let count = 0;
  for (let i = 0; i < sampleCount; i++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let l = 0; l < exitCount - 1; l++) {
      const value = confidences[i * exitCount + l];
      if (value > best) {
        best = value;
        rawValues[count] = value + 0; // −0 becomes 0, so that equal numbers are equal bits
        rawSamples[count] = i;
        rawExits[count++] = l;
      }
    }
  }
  const order = descendingOrder(rawValues.subarray(0, count));
  const values = new Float64Array(count);
  const samples = new Uint32Array(count);
  const exits = new Uint16Array(count);
  for (let j = 0; j < count; j++) {
    values[j] = rawValues[order[j]];
    samples[j] = rawSamples[order[j]];
    exits[j] = rawExits[order[j]];
  }
  return { sampleCount, exitCount, values, samples, exits, ...pieces(values) };
}

function pieces(values: Float64Array): Pick<ExitRecords, "lambdas" | "changeStart"> {
  const lambdas = new Float64Array(values.length + 1);
  const changeStart = new Uint32Array(values.length + 2);
  let count = 0;
  for (let j = 0; j < values.length; j++) {
    if (j > 0 && values[j] === values[j - 1]) continue;
    lambdas[count] = values[j];
    changeStart[++count] = j;
  }
  lambdas[count] = Number.NEGATIVE_INFINITY;
  changeStart[count + 1] = values.length;
  return { lambdas: lambdas.subarray(0, count + 1), changeStart: changeStart.subarray(0, count + 2) };
}

/** The order that sorts `values` downwards, ties by position. */
function descendingOrder(values: Floats): Uint32Array {
  if (values instanceof Float32Array) return descendingOrderOfFloat32(values);
  return Uint32Array.from(values.keys()).sort((i, j) => values[j] - values[i] || i - j);
}

/**
 * Sorts by a 64-bit integer, the float's order-preserving bits above and the position below: the typed array's own sort
 * without a comparator is about 20 times faster than one with it.
 */
function descendingOrderOfFloat32(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = new BigUint64Array(values.length);
  const words = new Uint32Array(keys.buffer);
  for (let j = 0; j < values.length; j++) {
    const ascending = bits[j] & 0x80000000 ? ~bits[j] : bits[j] | 0x80000000;
    words[2 * j] = j;
    words[2 * j + 1] = ~ascending;
  }
  keys.sort();
  const order = new Uint32Array(values.length);
  for (let j = 0; j < order.length; j++) order[j] = words[2 * j];
  return order;
}
