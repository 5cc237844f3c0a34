import type { Random } from "../../src/stats/random.ts";

/** Where readers go wrong: around zero, around every width's end, and what a header can claim. */
const interesting = [
  0n,
  1n,
  2n,
  3n,
  8n,
  16n,
  64n,
  127n,
  128n,
  255n,
  256n,
  1000n,
  4096n,
  65535n,
  65536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Numbers as text, for headers and tables. */
export const numberTexts = [
  "0",
  "-1",
  "1",
  "2",
  "0.5",
  "1e308",
  "-1e308",
  "1e-320",
  "1e999",
  "NaN",
  "Infinity",
  "-0",
  "2147483648",
  "4294967296",
  "1099511627776",
  "9007199254740993",
  "18446744073709551616",
  "1000000000000000000000000000000",
  "00012",
  "0x10",
  "1_000",
  "1.5e",
];

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(items.length)] as Item;
}

export function chance(random: Random, share: number): boolean {
  return random.uniform() < share;
}

/**
 * One to eight small damages: bits, bytes, integers of every width, ranges dropped, doubled, moved or taken from `other`,
 * tokens of the format, numbers in text, the end cut off. Never longer than twice the input plus 4 KiB.
 */
export function mutateBytes(
  random: Random,
  bytes: Uint8Array,
  other: Uint8Array,
  tokens: readonly Uint8Array[],
): Uint8Array {
  const limit = 2 * bytes.length + 4096;
  let result: Uint8Array = Uint8Array.from(bytes);
  const rounds = 1 + Math.min(random.integer(8), random.integer(8));
  for (let round = 0; round < rounds; round++) {
    const damaged = damage(random, result, other, tokens);
    if (damaged.length <= limit) result = damaged;
  }
  return result;
}

function damage(random: Random, bytes: Uint8Array, other: Uint8Array, tokens: readonly Uint8Array[]): Uint8Array {
  if (bytes.length === 0) return tokens.length > 0 ? Uint8Array.from(pick(random, tokens)) : Uint8Array.of(0);
  const at = place(random, bytes.length);
  switch (random.integer(12)) {
    case 0:
      bytes[at] ^= 1 << random.integer(8);
      return bytes;
    case 1:
      bytes[at] = random.integer(256);
      return bytes;
    case 2:
    case 3:
      return withInteger(random, bytes, at);
    case 4:
      return spliced(bytes, at, range(random, bytes.length - at), new Uint8Array(0));
    case 5: {
      const from = random.integer(bytes.length);
      return spliced(bytes, at, 0, bytes.slice(from, from + range(random, bytes.length - from)));
    }
    case 6: {
      if (other.length === 0) return bytes;
      const from = random.integer(other.length);
      const piece = other.slice(from, from + range(random, other.length - from));
      return spliced(bytes, at, chance(random, 0.5) ? piece.length : 0, piece);
    }
    case 7:
      return chance(random, 0.3) ? bytes.slice(0, at) : bytes;
    case 8:
    case 9: {
      if (tokens.length === 0) return bytes;
      const token = pick(random, tokens);
      return spliced(bytes, at, chance(random, 0.5) ? token.length : 0, token);
    }
    case 10:
      return withNumberText(random, bytes, at);
    default:
      return spliced(bytes, at, 0, new Uint8Array(1 + random.integer(64)).fill(bytes[at]));
  }
}

/** Headers stand at the ends of a file: half of the damage goes there. */
function place(random: Random, length: number): number {
  const near = Math.min(length, 256);
  if (chance(random, 0.3)) return random.integer(near);
  if (chance(random, 0.3)) return length - 1 - random.integer(near);
  return random.integer(length);
}

/** Mostly short; sometimes up to all that is left. */
function range(random: Random, left: number): number {
  return Math.min(left, 1 + random.integer(chance(random, 0.7) ? 16 : Math.max(1, left)));
}

function spliced(bytes: Uint8Array, at: number, drop: number, insert: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - Math.min(drop, bytes.length - at) + insert.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(bytes.subarray(at + drop), at + insert.length);
  return result;
}

function withInteger(random: Random, bytes: Uint8Array, at: number): Uint8Array {
  const width = pick(random, [1, 2, 4, 8]);
  if (at + width > bytes.length) return bytes;
  const littleEndian = chance(random, 0.8);
  let value = 0n;
  for (let i = 0; i < width; i++)
    value = (value << 8n) | BigInt(bytes[littleEndian ? at + width - 1 - i : at + i] as number);
  if (chance(random, 0.5)) value = pick(random, interesting);
  else value += BigInt(random.integer(33) - 16);
  for (let i = 0; i < width; i++) {
    bytes[littleEndian ? at + i : at + width - 1 - i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
  }
  return bytes;
}

/** Replaces the run of digits at or behind `at`. */
function withNumberText(random: Random, bytes: Uint8Array, at: number): Uint8Array {
  const isDigit = (i: number) => bytes[i] >= 48 && bytes[i] <= 57;
  let start = at;
  while (start < bytes.length && !isDigit(start)) start++;
  let end = start;
  while (end < bytes.length && isDigit(end)) end++;
  return start === end ? bytes : spliced(bytes, start, end - start, Buffer.from(pick(random, numberTexts)));
}
