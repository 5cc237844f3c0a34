/**
 * Numbers as people read them. Nothing here is meant to be parsed again: files for machines carry every digit.
 */

/** Four significant digits, whole numbers in full: 0.049 876 → `0.04988`, 12 345.6 → `12346`, 0.05 → `0.05`. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (Number.isInteger(value)) return String(value === 0 ? 0 : value);
  // toPrecision would turn 12345.6 into 12350: above the digits asked for, a whole number is shorter and more exact.
  if (Math.abs(value) >= 10 ** (digits - 1)) return String(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

/** A fraction as a percentage: 0.536 → `53.6 %`. A share that is not 0 or 1 is never shown as `0.0 %` or `100.0 %`. */
export function formatPercent(fraction: number, decimals = 1): string {
  if (!Number.isFinite(fraction)) return formatNonFinite(fraction);
  const step = 10 ** -decimals;
  const percent = fraction * 100;
  if (percent > 0 && percent < step / 2) return `< ${step} %`;
  if (fraction < 1 && percent > 100 - step / 2) return `> ${(100 - step).toFixed(decimals)} %`;
  return `${unsignedZero(percent.toFixed(decimals))} %`;
}

/**
 * A threshold with the shortest digits that read back as the same float64. Rounding down would let samples exit that
 * were never certified, so a threshold is never shortened for looks. The largest float64 of either sign stands for a
 * policy in the threshold file and is shown as what it means.
 */
export function formatThreshold(value: number): string {
  if (value >= Number.MAX_VALUE) return "never exit";
  if (value <= -Number.MAX_VALUE) return "first exit";
  return Number.isNaN(value) ? formatNonFinite(value) : String(value);
}

/** A p-value: four significant digits (0.09998 must not look like 0.1), below 0.0001 only that it is. */
export function formatPValue(value: number): string {
  if (value >= 0 && value < 1e-4) return "< 0.0001";
  return formatNumber(value, 4);
}

/** A closed interval: `[-1, 1]`. */
export function formatRange(lower: number, upper: number): string {
  return `[${formatNumber(lower)}, ${formatNumber(upper)}]`;
}

/** `1 sample`, `1000 samples`, `0 exits`; pass the plural where it is not the singular plus s. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function formatList(words: readonly string[], conjunction: "and" | "or" = "and"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words[words.length - 1]}`;
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return "not a number";
  return value > 0 ? "∞" : "-∞";
}

function unsignedZero(digits: string): string {
  return /^-0(\.0*)?$/.test(digits) ? digits.slice(1) : digits;
}

/** What a threshold file deploys, in a few words: `confidence > threshold, threshold 0.83`, or its policy. */
export function formatRule(file: {
  readonly policy: string;
  readonly rule: string;
  readonly threshold: number;
  readonly reference?: { readonly row: number; readonly lambda: number } | undefined;
}): string {
  if (file.policy === "never-exit" && file.reference) {
    return `the reference row, row ${file.reference.row}, λ = ${file.reference.lambda}`;
  }
  if (file.policy !== "threshold") return file.policy.replace("-", " ");
  return `${file.rule}, threshold ${formatThreshold(file.threshold)}`;
}
