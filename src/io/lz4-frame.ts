/**
 * Decompresses an LZ4 frame of known uncompressed size. Every length is checked against the bytes that are there, so
 * damaged input ends in an error and not in a long loop or in silent zeros. Checksums are skipped, not verified.
 *
 * `compressed`: the frame; returns a new array of exactly `size` bytes. Throws a RangeError that says what is wrong.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */
export function lz4Frame(compressed: Uint8Array, size: number): Uint8Array {
  const view = new DataView(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  if (compressed.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw new RangeError("no LZ4 frame");
  const flags = compressed[4]!;
  if (flags >> 6 !== 1) throw new RangeError("an unknown version of LZ4");
  if (flags & 1) throw new RangeError("an LZ4 frame that needs a dictionary");
  const blockChecksum = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 8 ? 8 : 0);
  const target = new Uint8Array(size);
  let filled = 0;
  for (;;) {
    if (at + 4 > compressed.length) throw new RangeError("an LZ4 frame that ends early");
    const header = view.getUint32(at, true);
    if (header === 0) break;
    const end = at + 4 + (header & 0x7fffffff);
    if (end + blockChecksum > compressed.length) throw new RangeError("an LZ4 block that ends early");
    const block = compressed.subarray(at + 4, end);
    filled = header >>> 31 ? stored(block, target, filled) : lz4Block(block, target, filled);
    at = end + blockChecksum;
  }
  if (filled !== size) throw new RangeError(`${filled} bytes after decompression, declared are ${size}`);
  return target;
}

function stored(block: Uint8Array, target: Uint8Array, filled: number): number {
  if (filled + block.length > target.length) throw tooLong(target);
  target.set(block, filled);
  return filled + block.length;
}

/** A block is a run of sequences: literals, then a match that copies from up to 64 KiB before (earlier blocks included). */
function lz4Block(block: Uint8Array, target: Uint8Array, filled: number): number {
  let at = 0;
  // A length of 15 continues in bytes that are added up to the first that is not 255.
  const extended = (length: number): number => {
    if (length < 15) return length;
    let total = length;
    for (let byte = 255; byte === 255; total += byte) {
      if (at >= block.length) throw new RangeError("an LZ4 block that ends early");
      byte = block[at++]!;
    }
    return total;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = extended(token >> 4);
    if (at + literals > block.length) throw new RangeError("LZ4 literals past their block");
    if (filled + literals > target.length) throw tooLong(target);
    target.set(block.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    if (at === block.length) break;
    if (at + 2 > block.length) throw new RangeError("an LZ4 block that ends early");
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = extended(token & 15) + 4;
    if (distance === 0 || distance > filled) throw new RangeError("an LZ4 match before the start");
    if (filled + length > target.length) throw tooLong(target);
    copyMatch(target, filled, distance, length);
    filled += length;
  }
  return filled;
}

/** A match may overlap what it writes (distance 1 repeats one byte), so it is copied in pieces of at most the distance. */
function copyMatch(target: Uint8Array, to: number, distance: number, length: number): void {
  let done = 0;
  while (done < length) {
    const piece = Math.min(length - done, distance + done);
    target.copyWithin(to + done, to - distance, to - distance + piece);
    done += piece;
  }
}

function tooLong(target: Uint8Array): RangeError {
  return new RangeError(`more bytes after decompression than the declared ${target.length}`);
}
