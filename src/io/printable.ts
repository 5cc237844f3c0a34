/**
 * A name from inside a file, safe to show: control characters (terminal escapes) become "?", at most 120 characters stay.
 */
export function printable(name: string): string {
  const shown = name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
  return shown.length > 120 ? `${shown.slice(0, 119)}…` : shown;
}
