import { readFileSync } from "node:fs";
import { plainRequest } from "../../bench/plain-request.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import type { InputFacts, InputRequest } from "../../src/io/input-request.ts";
import { openInputs, readExitTable } from "../../src/io/read-inputs.ts";

/** The arrays of test/reference/dense, by name. */
export const dense = (name: string) => `test/reference/dense/${name}`;

interface DenseCase {
  readonly ignored: number;
  readonly empty: number;
  readonly [column: string]: number[][] | number;
}

interface Expected {
  readonly ignored: number[];
  readonly cases: Readonly<Record<"images" | "pixels" | "probs", DenseCase>>;
  readonly smallTable: { epsilon: number; threshold: number; risk: number; meanExit: number };
}

/** What numpy computed (make_dense.py). */
export const expectedDense: Expected = JSON.parse(
  readFileSync(new URL("../reference/dense/expected.json", import.meta.url), "utf8"),
);

/** Column of a case as one array, `[images · exits]`. */
export function denseColumn(name: keyof Expected["cases"], column: string): number[] {
  return (expectedDense.cases[name][column] as number[][]).flat();
}

/** Names of the confidences that a case has. */
export function denseConfidences(name: keyof Expected["cases"]): string[] {
  return Object.keys(expectedDense.cases[name])
    .filter((key) => key.startsWith("confidence:"))
    .map((key) => key.slice("confidence:".length));
}

/** Reads inputs as the commands do. */
export async function readDense(request: Partial<InputRequest>): Promise<{ table: ExitTable; facts: InputFacts }> {
  const inputs = await openInputs({ ...plainRequest, risks: "all", ...request });
  if (inputs.kind !== "exits") throw new Error("expected logits");
  return { table: await readExitTable(inputs), facts: inputs.facts };
}

export function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i])));
}
