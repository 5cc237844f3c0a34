/** 64-bit hashes of rows, as two 32-bit halves `[sampleCount]` each. */
export interface RowHashes {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const sketchSize = 64;

/**
 * A 64-bit hash of every row of an exit table: two lanes of MurmurHash3 (x86, 32 bit) with the seeds 0 and 0x9747b28c over
 * the row's little-endian bytes — float32 confidences, then float64 losses, without the last exit, −0 as 0. Fast and
 * deterministic, not cryptographic: it recognises rows, it does not resist forgery.
 *
 * `confidences`, `losses`: `[sampleCount, exitCount]`; empty confidences are left out.
 * @see https://github.com/aappleby/smhasher — MurmurHash3_x86_32
 */
export function rowHashes(
  sampleCount: number,
  exitCount: number,
  confidences: Float32Array,
  losses: Float64Array,
): RowHashes {
  const used = exitCount - 1;
  const confidenceCount = confidences.length === 0 ? 0 : used;
  const bytes = new DataView(new ArrayBuffer(4 * confidenceCount + 8 * used));
  const words = bytes.byteLength / 4;
  const high = new Uint32Array(sampleCount);
  const low = new Uint32Array(sampleCount);
  for (let row = 0; row < sampleCount; row++) {
    for (let l = 0; l < confidenceCount; l++) bytes.setFloat32(4 * l, confidences[row * exitCount + l]! + 0, true);
    for (let l = 0; l < used; l++) {
      bytes.setFloat64(4 * confidenceCount + 8 * l, losses[row * exitCount + l]! + 0, true);
    }
    high[row] = murmur(bytes, words, 0);
    low[row] = murmur(bytes, words, 0x9747b28c);
  }
  return { high, low };
}

function murmur(bytes: DataView, words: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < words; i++) {
    let word = Math.imul(bytes.getUint32(4 * i, true), 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (hash << 13) | (hash >>> 19);
    hash = Math.imul(hash, 5) + 0xe6546b64;
  }
  hash ^= 4 * words;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The rows that occur once: a sample of them, and how many there are. */
export interface RowSketch {
  /** Their 64 smallest hashes (all, when there are fewer), ascending, 16 hex digits each: a uniform sample. */
  readonly hashes: string[];
  readonly uniqueCount: number;
}

/**
 * Rows that occur several times (saturated confidences, rounded or 0/1 data) are equal without being the same sample, so
 * only rows that occur once can tell whether a sample was seen before.
 */
export function rowSketch({ high, low }: RowHashes): RowSketch {
  const keys = new BigUint64Array(high.length);
  const words = new Uint32Array(keys.buffer);
  for (let i = 0; i < high.length; i++) {
    words[2 * i] = low[i]!;
    words[2 * i + 1] = high[i]!;
  }
  keys.sort();
  const hashes: string[] = [];
  let uniqueCount = 0;
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] === keys[i - 1] || keys[i] === keys[i + 1]) continue;
    uniqueCount++;
    if (hashes.length < sketchSize) hashes.push(hex(words[2 * i + 1]!) + hex(words[2 * i]!));
  }
  return { hashes, uniqueCount };
}

/** The sum of all row hashes modulo 2^64, as 16 hex digits: equal for the same rows in any order. */
export function combinedRowHash({ high, low }: RowHashes): string {
  // Folded back to 32 bits after every row, with the carry by hand: exact without BigInt.
  let highSum = 0;
  let lowSum = 0;
  for (let i = 0; i < high.length; i++) {
    const sum = lowSum + low[i]!;
    lowSum = sum >>> 0;
    highSum = (highSum + high[i]! + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }
  return hex(highSum) + hex(lowSum);
}

/** How many of the fresh rows were calibrated on, as far as a sketch can tell. */
export interface SketchOverlap {
  /** Estimated share of the fresh rows, 0 to 1. */
  readonly share: number;
  /** On how many fresh rows the estimate rests (few say little), and how many of them are in the sketch. */
  readonly compared: number;
  readonly matched: number;
}

/** Below this share of rows that occur once, equal rows are mostly chance and nothing can be told. */
const leastUniqueShare = 0.5;

/**
 * Estimates the share of the fresh rows that occur in the calibration set. A full sketch (64 hashes) holds every
 * calibration hash up to its largest, so the fresh hashes up to there are a random sample that can be looked up; a shorter
 * sketch is the whole set. Standard error about √(share (1 − share) / compared). Where some calibration rows repeat, about
 * as large a share of independent rows would match by chance; it is taken off.
 *
 * @param sketch ascending 16-digit hex hashes, as `rowSketch` gives
 * @param uniqueShare share of the calibration rows that occur once
 * @see Bar-Yossef et al., "Counting distinct elements in a data stream", 2002 (bottom-k sketches)
 */
export function sketchOverlap(sketch: readonly string[], uniqueShare: number, fresh: RowHashes): SketchOverlap {
  if (uniqueShare < leastUniqueShare) return { share: 0, compared: 0, matched: 0 };
  const known = new Set(sketch);
  const largest = sketch.length >= sketchSize ? sketch[sketch.length - 1]! : "ffffffffffffffff";
  const compared = lookedUp(fresh, largest);
  const matched = compared.filter((hash) => known.has(hash)).length;
  const chance = 1 - uniqueShare;
  const share = compared.length === 0 ? 0 : Math.max(0, (matched / compared.length - chance) / (1 - chance));
  return { share, compared: compared.length, matched };
}

/** The fresh rows that occur once and whose hash is at most `largest`. */
function lookedUp({ high, low }: RowHashes, largest: string): string[] {
  const largestHigh = Number.parseInt(largest.slice(0, 8), 16);
  const countByHash = new Map<string, number>();
  for (let i = 0; i < high.length; i++) {
    if (high[i]! > largestHigh) continue;
    const hash = hex(high[i]!) + hex(low[i]!);
    if (hash <= largest) countByHash.set(hash, (countByHash.get(hash) ?? 0) + 1);
  }
  return [...countByHash].filter(([, count]) => count === 1).map(([hash]) => hash);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
