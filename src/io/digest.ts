import type { Hash } from "node:crypto";
import { combinedRowHash, type RowHashes, rowHashes, rowSketch } from "./row-hash.ts";
import { sha256 } from "./sha256.ts";

/** What identifies a calibration set. */
export interface TableDigest {
  /** 64 hex digits: the rows in their order. */
  readonly sha256: string;
  /** The smallest hashes of rows that occur once, ascending, at most 64, 16 hex digits each. */
  readonly rowSketch: string[];
  /** How many rows occur once. */
  readonly uniqueRows: number;
  /** 16 hex digits: the rows in any order. Equal multiset and other sha256 = "same rows, other order". */
  readonly multiset: string;
}

/**
 * Digest of an exit table as used: one confidence, one risk. sha256 over n and L (uint32), the confidences of exits
 * 1 … L−1 (float32) and their losses (float64), all little-endian and row-major, in the order of the file — before any
 * shuffle — so that it is equal for every format, shards and stdin. −0 counts as 0. The last exit is left out: the rule
 * never reads its confidence, and its relative loss is 0 by definition.
 *
 * `confidences`, `losses`: `[sampleCount, exitCount]`. `rows` are their hashes where they are known already.
 */
export function tableDigest(
  sampleCount: number,
  exitCount: number,
  confidences: Float32Array,
  losses: Float64Array,
  rows: RowHashes = rowHashes(sampleCount, exitCount, confidences, losses),
): TableDigest {
  const hash = sha256().update(counts(sampleCount, exitCount));
  updateRows(hash, confidences, sampleCount, exitCount, 4);
  updateRows(hash, losses, sampleCount, exitCount, 8);
  return { sha256: hash.digest("hex"), ...rowIdentity(rows) };
}

/**
 * Digest of a loss table: sha256 over n and K (uint32), the K thresholds and the `[K, n]` losses (float64), little-endian,
 * safest row first. A row of the sketch is a sample: its losses over all thresholds. `rows` are their hashes where they are
 * known already.
 */
export function lossTableDigest(
  sampleCount: number,
  lambdas: Float64Array,
  losses: Float64Array,
  rows: RowHashes = sampleHashes(sampleCount, lambdas.length, losses),
): TableDigest {
  const rowCount = lambdas.length;
  const hash = sha256().update(counts(sampleCount, rowCount));
  updateRows(hash, lambdas, rowCount, 1, 8, 1);
  updateRows(hash, losses, rowCount, sampleCount, 8, sampleCount);
  return { sha256: hash.digest("hex"), ...rowIdentity(rows) };
}

function rowIdentity(rows: RowHashes): Omit<TableDigest, "sha256"> {
  const { hashes, uniqueCount } = rowSketch(rows);
  return { rowSketch: hashes, uniqueRows: uniqueCount, multiset: combinedRowHash(rows) };
}

/** The hashes of the samples of a loss table: `losses` is `[rowCount, sampleCount]`, so a sample is a column. */
export function sampleHashes(sampleCount: number, rowCount: number, losses: Float64Array): RowHashes {
  // One exit more than is hashed: the row hash leaves the last out, as in an exit table.
  const block = Math.max(1, Math.min(sampleCount, Math.floor(2 ** 20 / (rowCount + 1))));
  const high = new Uint32Array(sampleCount);
  const low = new Uint32Array(sampleCount);
  const none = new Float32Array(0);
  for (let start = 0; start < sampleCount; start += block) {
    const count = Math.min(block, sampleCount - start);
    const turned = new Float64Array(count * (rowCount + 1));
    for (let row = 0; row < rowCount; row++) {
      for (let i = 0; i < count; i++) turned[i * (rowCount + 1) + row] = losses[row * sampleCount + start + i]!;
    }
    const hashes = rowHashes(count, rowCount + 1, none, turned);
    high.set(hashes.high, start);
    low.set(hashes.low, start);
  }
  return { high, low };
}

function counts(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, first, true);
  view.setUint32(4, second, true);
  return bytes;
}

/** Feeds the first `used` (default: all but the last) of every `width` values, as little-endian bytes in blocks of 1 MiB. */
function updateRows(
  hash: Hash,
  values: Float32Array | Float64Array,
  rowCount: number,
  width: number,
  size: 4 | 8,
  used = width - 1,
): void {
  const capacity = 2 ** 20;
  const bytes = new Uint8Array(capacity);
  const view = new DataView(bytes.buffer);
  let filled = 0;
  for (let row = 0; row < rowCount; row++) {
    for (let i = row * width; i < row * width + used; i++) {
      const value = values[i]! + 0; // −0 becomes 0
      if (size === 4) view.setFloat32(filled, value, true);
      else view.setFloat64(filled, value, true);
      filled += size;
      if (filled < capacity) continue;
      hash.update(bytes);
      filled = 0;
    }
  }
  hash.update(bytes.subarray(0, filled));
}
