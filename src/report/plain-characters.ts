/**
 * The text without characters that a terminal would obey or XML 1.0 forbids: C0 and C1 controls (tab and newline stay),
 * lone surrogates, U+FFFE and U+FFFF. Names of files and columns come from outside and reach reports unchanged otherwise.
 */
export function plainCharacters(text: string): string {
  let plain = "";
  for (const character of text) {
    if (isPlain(character.codePointAt(0)!)) plain += character;
  }
  return plain;
}

function isPlain(code: number): boolean {
  if (code === 0x09 || code === 0x0a) return true;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return code !== 0xfffe && code !== 0xffff;
}

/** The same on one line: every run of white space becomes one space. */
export function oneLine(text: string): string {
  return plainCharacters(text).replace(/\s+/g, " ").trim();
}
