import { existsSync } from "node:fs";
import { join } from "node:path";
import { lossTableSource } from "../../src/control/source.ts";
import { orderLossTable, selectTableSamples } from "../../src/exits/loss-table.ts";
import type { LossTable } from "../../src/exits/types.ts";
import type { InputRequest } from "../../src/io/input-request.ts";
import { openInputs } from "../../src/io/read-inputs.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { plainRequest } from "../plain-request.ts";
import { heldOutLines, splitLines } from "./lines.ts";

/** A loss table of the evidence: where it is, how it is read, and which ε make sense for its losses. */
export interface TableTask {
  readonly name: string;
  readonly what: string;
  readonly files: (folder: string) => Partial<InputRequest> & { readonly inputs: readonly string[] };
  readonly epsilons: readonly number[];
  readonly splitSizes: readonly number[];
}

export const tableTasks: readonly TableTask[] = [
  {
    name: "calm-char, generation",
    what: "characters written after a prompt, a score per prompt; losses are drops of the score, and exits are known as means only",
    files: (folder) => ({ inputs: [join(folder, "calm-char", "gen_softmax.p")] }),
    epsilons: [0.02, 0.05, 0.1, 0.15],
    splitSizes: [100, 300],
  },
  {
    name: "deediff-digits",
    what: "images drawn by a diffusion model, a pixel loss per image; exits per image are known",
    files: (folder) => ({
      inputs: [join(folder, "deediff-digits", "table_losses.npy")],
      lambdas: join(folder, "deediff-digits", "table_lambdas.npy"),
      tableExits: join(folder, "deediff-digits", "table_exits_per_sample.npy"),
    }),
    epsilons: [0.01, 0.02, 0.05, 0.1],
    splitSizes: [100, 400],
  },
];

export function hasTable(folder: string, task: TableTask): boolean {
  return task.files(folder).inputs.every((path) => existsSync(path));
}

/** One half calibrates, the other tests; then 100 splits, as the paper repeats. */
export async function lossTablePage(folder: string, task: TableTask): Promise<string> {
  const table = await readTable(task.files(folder));
  const order = seededRandom(0).permutation(table.sampleCount);
  const half = Math.floor(table.sampleCount / 2);
  const calibration = lossTableSource(selectTableSamples(table, order.slice(0, half)), false);
  const test = lossTableSource(selectTableSamples(table, order.slice(half)), false);
  const unit = { mean: "exit", saving: table.exits === null ? "exits, the table's own means" : "exits" };
  const whole = lossTableSource(table, false);
  return [
    `## ${task.name}: ${half} calibration and ${table.sampleCount - half} test samples, ${table.lambdas.length} λ`,
    `A loss table: ${task.what}. Everything is relative to its first row, λ = ${table.lambdas[0]}, whose mean exit is ${table.meanExits?.[0]}.`,
    heldOutLines(calibration, test.population(), task.epsilons, unit).join("\n"),
    `### ${task.name}: 100 splits, as the paper repeats`,
    splitLines([whole], task.splitSizes, task.epsilons, unit).join("\n"),
  ].join("\n\n");
}

async function readTable(files: Partial<InputRequest>): Promise<LossTable> {
  const inputs = await openInputs({ ...plainRequest, ...files });
  if (inputs.kind !== "loss-table") throw new Error(`${inputs.names[0]}: expected a loss table`);
  const [lower, upper] = inputs.table.scores ? [-1, 1] : [0, 1];
  const kind = { name: inputs.table.scores ? "score-drop" : "loss", lower, upper, binary: false };
  return orderLossTable(inputs.table, { direction: "down", referenceRow: 0, kind });
}
