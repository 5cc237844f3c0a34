import { EexitError } from "../errors.ts";
import type { NumberColumn } from "./table-columns.ts";

/** More axes than any array has; a file may nest lists a million deep, and walking down there takes a stack as deep. */
const deepest = 32;

/**
 * A nested list of numbers as one array; the first element at each depth tells the shape. Throws `file-malformed` naming
 * the element that is no number or has another length.
 */
export function nestedNumbers(name: string, list: readonly unknown[]): NumberColumn {
  const shape: number[] = [];
  for (let inner: unknown = list; Array.isArray(inner); inner = inner[0]) {
    if (shape.length === deepest) throw tooDeep(name);
    shape.push(inner.length);
  }
  // Grows with what is there: a shape told by first elements alone could ask for far more than the file holds.
  const values: number[] = [];
  const fill = (value: unknown, path: readonly number[]): void => {
    const length = shape[path.length]!;
    if (!Array.isArray(value)) throw wrong(name, path, shown(value), `a list of ${length}`);
    if (value.length !== length) throw wrong(name, path, `a list of ${value.length}`, `${length} as in the first`);
    const innermost = path.length === shape.length - 1;
    for (let i = 0; i < length; i++) {
      if (!innermost) fill(value[i], [...path, i]);
      else if (typeof value[i] === "number") values.push(value[i]);
      else throw wrong(name, [...path, i], shown(value[i]), "a number");
    }
  };
  fill(list, []);
  return { shape, values: Float64Array.from(values) };
}

function tooDeep(name: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${name}: lists nested more than ${deepest} deep, expected an array`,
    "arrays hold numbers only and every row has the same length",
  );
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value).slice(0, 40);
}

function wrong(name: string, path: readonly number[], found: string, expected: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${name}[${path.join("][")}]: found ${found}, expected ${expected}`,
    "arrays hold numbers only and every row has the same length",
  );
}
