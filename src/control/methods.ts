import { EexitError } from "../errors.ts";
import type { LossKind } from "../exits/types.ts";
import type { Bound, CrcVariant, Method, MethodName, ResolvedMethod } from "./types.ts";

export const methodNames: readonly MethodName[] = ["naive", "crc", "ucb", "ltt"];
export const bounds: readonly (Bound | "auto")[] = ["auto", "cp", "hb", "wsr", "star"];
export const crcVariants: readonly CrcVariant[] = ["first-failure", "monotone", "last-pass"];

/** What a bare method name means; the paper's own choices are `crc:last-pass`, `ucb:wsr`, `ltt:hb`. */
const defaults: Readonly<Record<MethodName, Method>> = {
  naive: { name: "naive", bound: null, crc: null },
  crc: { name: "crc", bound: null, crc: "first-failure" },
  ucb: { name: "ucb", bound: "auto", crc: null },
  ltt: { name: "ltt", bound: "hb", crc: null },
};

/**
 * Reads `name` or `name:variant`, e.g. `ucb:wsr`, `crc:monotone`.
 *
 * @returns null when the name or the variant does not exist
 */
export function parseMethod(text: string): Method | null {
  const [name, variant, ...rest] = text.split(":");
  const base = Object.hasOwn(defaults, name) ? defaults[name as MethodName] : null;
  if (!base || rest.length > 0) return null;
  if (variant === undefined) return base;
  if (base.name === "crc" && crcVariants.includes(variant as CrcVariant))
    return { ...base, crc: variant as CrcVariant };
  if ((base.name === "ucb" || base.name === "ltt") && bounds.includes(variant as Bound)) {
    return { ...base, bound: variant as Bound };
  }
  return null;
}

/** `ucb:star`, `crc:first-failure`, `naive`: the inverse of {@link parseMethod}. */
export function methodLabel(method: Method): string {
  const variant = method.bound ?? method.crc;
  return variant ? `${method.name}:${variant}` : method.name;
}

/**
 * Settles `auto` by the *declared* kind of loss, never by its values or by which bound gives the better threshold:
 * choosing after looking would void δ (STATISTICS, decision S7).
 *
 * @throws bound-needs-binary when cp is asked for a loss that is not declared 0/1
 */
export function resolveMethod(method: Method, kind: LossKind): ResolvedMethod {
  if (method.bound === "cp" && !kind.binary) {
    throw new EexitError(
      "bound-needs-binary",
      `bound cp: ${kind.name} takes values in [${kind.lower}, ${kind.upper}], expected a 0/1 loss`,
      kind.name === "prediction-gap" ? "use --bound star, or --clip to make the loss 0/1" : "use --bound star",
    );
  }
  if (method.bound !== "auto") return method as ResolvedMethod;
  return { ...method, bound: kind.binary ? "cp" : "star" };
}

/** Whether the method's promise holds with probability 1 − δ, so that δ is used. */
export function usesDelta(method: Method): boolean {
  return method.bound !== null;
}

/** Whether the bound bets row by row, so that every tested λ costs O(n) and the order of the rows matters. */
export function isBetting(method: Method): boolean {
  return method.bound === "wsr" || method.bound === "star";
}
