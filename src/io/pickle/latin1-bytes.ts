/**
 * The bytes that a UTF-8 text stands for when each of its characters U+0000 … U+00FF is one byte; null for any other text.
 * Works on the UTF-8 bytes themselves: a JavaScript string ends at 2^29 characters, an array need not.
 */
export function latin1Bytes(utf8: Uint8Array): Uint8Array | null {
  const bytes = new Uint8Array(utf8.length);
  let count = 0;
  for (let i = 0; i < utf8.length; i++) {
    const byte = utf8[i];
    if (byte < 0x80) bytes[count++] = byte;
    else {
      // Two bytes of UTF-8, C2 or C3 and a continuation, cover U+0080 … U+00FF.
      const next = utf8[++i];
      if ((byte !== 0xc2 && byte !== 0xc3) || next === undefined || next >> 6 !== 2) return null;
      bytes[count++] = ((byte & 3) << 6) | (next & 63);
    }
  }
  return bytes.subarray(0, count);
}
