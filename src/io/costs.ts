import { EexitError } from "../errors.ts";
import type { ExitCosts } from "../exits/efficiency.ts";
import { openContent } from "./open-content.ts";
import { openSource } from "./open-source.ts";
import { printable } from "./printable.ts";
import { readFloatRows } from "./read-rows.ts";

/** Costs that were read; the number of exits, known later, is checked when they are asked for. */
export type CostsFor = (exitCount: number) => ExitCosts;

/**
 * Cumulative cost per exit: a list `1.2,3.4,…`, a JSON file (a list; `{ "cumulative": […], "unit": "MACs" }`; a stage manifest with
 * `stages[].cumulativeMacs`), an NPY or pickle of numbers, or a text file of numbers.
 *
 * @returns what gives the costs for a number of exits, and throws `costs-invalid` when there are not as many
 * @throws costs-invalid unless they are increasing positive numbers
 */
export async function readCosts(
  text: string,
  unit: string | null,
  readStdin: () => Promise<Uint8Array>,
): Promise<CostsFor> {
  const list =
    text !== "-" && /^[\d.eE+\-\s]+(,[\d.eE+\-\s]+)*$/.test(text)
      ? { costs: text.split(",").map(Number), unit: null }
      : await fromFile(text, readStdin);
  const costs = { costs: list.costs, unit: unit ?? list.unit ?? "cost" };
  assertCumulative(text, costs.costs);
  return (exitCount) => {
    assertCount(text, costs.costs, exitCount);
    return costs;
  };
}

function assertCount(where: string, costs: readonly number[], exitCount: number): void {
  if (costs.length !== exitCount) {
    throw new EexitError(
      "costs-invalid",
      `--costs ${where}: ${costs.length} ${costs.length === 1 ? "cost" : "costs"}, expected ${exitCount}, one per exit`,
      "list the cumulative cost of leaving at each exit, the last one included",
    );
  }
}

function assertCumulative(where: string, costs: readonly number[]): void {
  costs.forEach((cost, l) => {
    const before = l === 0 ? 0 : costs[l - 1];
    if (Number.isFinite(cost) && cost > before) return;
    throw new EexitError(
      "costs-invalid",
      `--costs ${where}: ${cost} at exit ${l + 1} after ${before}, expected increasing cumulative costs`,
      "per stage? cumulative expected: everything computed up to and including the exit",
    );
  });
}

/** A text of costs is far below this; what is larger is looked at as an array. */
const largestList = 2 ** 24;

interface CostList {
  readonly costs: readonly number[];
  readonly unit: string | null;
}

async function fromFile(path: string, readStdin: () => Promise<Uint8Array>): Promise<CostList> {
  const source = await openSource(path, readStdin);
  const bytes = Buffer.from(source.read(0, Math.min(source.size, largestList)));
  source.close();
  const start = bytes.toString("latin1", 0, 64).trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return fromJson(path, bytes.toString("utf8"));
  if (/^[\d.eE+\-\s,]*$/.test(start)) {
    return {
      costs: bytes
        .toString("utf8")
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number),
      unit: null,
    };
  }
  const content = await openContent(path, readStdin);
  for await (const part of content.parts()) {
    const tensor = part.get("") ?? part.values().next().value;
    if (tensor && tensor.shape.length === 1)
      return { costs: Array.from(readFloatRows(tensor, 0, tensor.shape[0])), unit: null };
  }
  throw unknownForm(path);
}

function fromJson(path: string, text: string): CostList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new EexitError(
      "costs-invalid",
      `--costs ${path}: not JSON (${printable((error as Error).message)}), expected a list of costs`,
      'write [1.2, 3.4, …] or {"cumulative": […], "unit": "MACs"}',
    );
  }
  const record = value as {
    cumulative?: unknown;
    costs?: unknown;
    unit?: unknown;
    costUnit?: unknown;
    stages?: unknown;
  };
  const unit = [record.unit, record.costUnit].find((word) => typeof word === "string") ?? null;
  if (Array.isArray(record.stages)) return fromManifest(path, record.stages);
  const list = Array.isArray(value) ? value : (record.cumulative ?? record.costs);
  if (!Array.isArray(list) || !list.every((cost) => typeof cost === "number")) throw unknownForm(path);
  return { costs: list, unit };
}

/** A stage manifest gives the multiply-accumulates of everything up to each stage's exit. */
function fromManifest(path: string, stages: readonly unknown[]): CostList {
  const costs = stages.map((stage) => (stage as { cumulativeMacs?: unknown } | null)?.cumulativeMacs);
  if (!costs.every((cost) => typeof cost === "number")) throw unknownForm(path);
  return { costs, unit: "MACs" };
}

function unknownForm(path: string): EexitError {
  return new EexitError(
    "costs-invalid",
    `--costs ${path}: no list of costs found, expected one number per exit`,
    'write [1.2, 3.4, …] or {"cumulative": […], "unit": "MACs"}',
  );
}
