import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExitCosts } from "../../src/exits/efficiency.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import type { InputRequest } from "../../src/io/input-request.ts";
import { openInputs, readExitTable } from "../../src/io/read-inputs.ts";
import { plainRequest } from "../plain-request.ts";

/** One part of a network's logits and labels, as an exit table. */
export async function readPart(
  folder: string,
  part: "cal" | "test",
  wanted: Partial<InputRequest>,
): Promise<ExitTable> {
  const files = { inputs: [join(folder, `logits_${part}.npy`)], labels: [join(folder, `labels_${part}.npy`)] };
  const inputs = await openInputs({ ...plainRequest, ...files, ...wanted });
  if (inputs.kind !== "exits") throw new Error(`${folder}: expected logits`);
  return readExitTable(inputs);
}

/** Cumulative multiply-accumulates per exit. */
export function costsOf(folder: string): ExitCosts {
  const stats = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8"));
  const costs = stats.cumulative_macs ?? stats.cost?.cumulative_macs;
  if (!Array.isArray(costs)) throw new Error(`${folder}/stats.json: no cumulative_macs`);
  return { costs, unit: "MACs" };
}
