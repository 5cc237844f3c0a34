/** `tables[k][b]`: the remainder of byte b followed by k zero bytes, so that four bytes are folded in at once. */
const tables = remainderTables();

/**
 * CRC-32 of ISO 3309 (zip, gzip, PNG): reflected polynomial 0xEDB88320, as an unsigned 32-bit integer.
 * @param before the checksum of the bytes that come before
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3] = tables;
  const even = bytes.length - (bytes.length % 4);
  let crc = ~before;
  for (let i = 0; i < even; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc = t3[crc & 255] ^ t2[(crc >>> 8) & 255] ^ t1[(crc >>> 16) & 255] ^ t0[crc >>> 24];
  }
  for (let i = even; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function remainderTables(): Int32Array[] {
  const first = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
    first[byte] = remainder;
  }
  const all = [first];
  for (let k = 1; k < 4; k++) all.push(all[k - 1].map((value) => (value >>> 8) ^ first[value & 255]));
  return all;
}
