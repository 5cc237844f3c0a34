import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decide } from "../../src/control/decide.ts";
import { parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem, rowPositions } from "../../src/control/problem.ts";
import type { Method } from "../../src/control/types.ts";
import { exitsTaken } from "../../src/exits/exit-rule.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { binomialCdf } from "../../src/stats/binomial.ts";
import { hoeffdingBentkusPValue } from "../../src/stats/hoeffding-bentkus.ts";
import { starConstants, starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";
import { imageConfidences } from "./images.ts";
import { delta } from "./lines.ts";
import { readPart } from "./network-folder.ts";

const program = fileURLToPath(new URL("../../bin/eexit.js", import.meta.url));
const methods = ["naive", "crc:last-pass", "ucb:cp", "ucb:hb", "ucb:wsr", "ucb:star"];
const epsilons = [0.01, 0.02, 0.05, 0.1];
const confidences = ["top1", "entropy"];
const order = { seed: 0, shuffle: true };
const goal = -Math.log(delta);

interface Folder {
  readonly folder: string;
  readonly name: string;
}

interface Network extends Folder {
  readonly risks: readonly string[];
}

/**
 * Fast paths against their plain twins on real logits: tables by both kernels, thresholds by both ways to find them.
 * @param segmented networks with dense outputs, of which the tables are compared
 */
export async function twinsPage(networks: readonly Network[], segmented: readonly Folder[]): Promise<string> {
  const lines = [
    "| network | rows | exit tables, SIMD and plain | thresholds | differ |",
    "| --- | ---: | --- | ---: | ---: |",
  ];
  for (const network of networks) {
    const tables = compareTables(network, []);
    const { rows, compared, different } = await compareThresholds(network);
    lines.push(`| ${network.name} | ${rows} | ${tables} | ${compared} | ${different} |`);
  }
  for (const network of segmented) {
    const wanted = ["--ignore-label", "255", "--confidence", imageConfidences.join(",")];
    const { sampleCount } = await readPart(network.folder, "cal", { ignoreLabels: [255] });
    lines.push(`| ${network.name} | ${sampleCount} | ${compareTables(network, wanted)} | – | – |`);
  }
  return [
    "## Fast paths and their plain twins",
    `Every threshold of the calibration rows is tried, from the safest on, with losses gathered anew by the exit rule and each bound computed from its definition: ${methods.join(", ")} (cp where losses are 0/1), ε = ${epsilons.join(", ")}, confidences ${confidences.join(" and ")}, all risks. The exact sweep has to find the same threshold, bit for bit.`,
    lines.join("\n"),
  ].join("\n\n");
}

function compareTables(network: Folder, options: readonly string[]): string {
  const isSame = (part: string) =>
    tableBytes(network, part, options, "1").equals(tableBytes(network, part, options, "0"));
  return ["cal", "test"].every(isSame) ? "equal bytes" : "**differ**";
}

/** The exit table of one part as `eexit score` writes it, with every confidence and risk. */
function tableBytes({ folder }: Folder, part: string, options: readonly string[], simd: "0" | "1"): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), "eexit-twins-"));
  const output = join(scratch, "table.arrow");
  const inputs = [join(folder, `logits_${part}.npy`), "--labels", join(folder, `labels_${part}.npy`)];
  const env = { ...process.env, EEXIT_SIMD: simd };
  const { status, stderr } = spawnSync(
    process.execPath,
    [program, "score", ...inputs, ...options, "-o", output, "-q"],
    {
      env,
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`eexit score: ${stderr}`);
  const bytes = readFileSync(output);
  rmSync(scratch, { recursive: true });
  return bytes;
}

async function compareThresholds({ folder, risks }: Network) {
  const table = await readPart(folder, "cal", { risks, confidences });
  const { sampleCount: rows, exitCount } = table;
  let compared = 0;
  let different = 0;
  for (const confidence of confidences) {
    const values = table.confidences.get(confidence) as Float32Array;
    for (const risk of risks) {
      const problem = exitTableProblem(table, confidence, risk, false, order);
      const { kind, values: losses } = table.losses.get(risk) as { kind: LossKind; values: Float64Array };
      const thresholds = [...new Set(Array.from(values).filter((_, at) => at % exitCount < exitCount - 1))];
      thresholds.sort((a, b) => b - a).push(Number.NEGATIVE_INFINITY);
      const taken = (threshold: number) => {
        const exits = exitsTaken(values, rows, exitCount, threshold);
        return Float64Array.from(exits, (exit, sample) => losses[sample * exitCount + exit]);
      };
      const asked = methods.filter((method) => method !== "ucb:cp" || kind.binary);
      const questions = asked.flatMap((method) => epsilons.map((epsilon) => ({ method, epsilon })));
      const plain = plainThresholds(thresholds, taken, kind, questions);
      for (const [k, { method, epsilon }] of questions.entries()) {
        const { threshold } = decide(
          problem,
          parseMethod(method) as Method,
          { epsilon, delta, among: epsilons },
          { kind: "auto" },
        );
        compared++;
        if (threshold !== plain[k]) different++;
      }
    }
  }
  return { rows, compared, different };
}

/** The answers to all questions, every threshold tested by itself; +∞ where not even the first passes. */
function plainThresholds(
  thresholds: readonly number[],
  taken: (threshold: number) => Float64Array,
  kind: LossKind,
  questions: readonly { readonly method: string; readonly epsilon: number }[],
): number[] {
  const found = questions.map(() => Number.POSITIVE_INFINITY);
  const open = questions.map(() => true);
  let before: Float64Array | null = null;
  let verdicts: boolean[] = [];
  for (const threshold of thresholds) {
    const losses = taken(threshold);
    // The same losses have the same verdicts; most steps of a 0/1 loss change nothing.
    if (before === null || losses.some((loss, i) => loss !== (before as Float64Array)[i]))
      verdicts = questions.map(({ method, epsilon }, k) => open[k] && passes(method, losses, epsilon, kind));
    before = losses;
    for (const [k, { method }] of questions.entries()) {
      if (!open[k]) continue;
      if (verdicts[k]) found[k] = threshold;
      else if (method !== "naive" && method !== "crc:last-pass") open[k] = false;
    }
  }
  return found;
}

/** A method's test of one loss vector, as its definition reads. */
function passes(method: string, losses: Float64Array, epsilon: number, { upper }: LossKind): boolean {
  const n = losses.length;
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  if (method === "naive") return total <= n * epsilon + 1e-9;
  if (method === "crc:last-pass") return total + upper <= (n + 1) * epsilon + 1e-9;
  if (method === "ucb:cp") return binomialCdf(total, n, epsilon) <= delta;
  if (method === "ucb:hb") {
    const clipped = losses.reduce((sum, loss) => sum + Math.max(0, loss), 0);
    return hoeffdingBentkusPValue(clipped / upper, n, epsilon / upper) <= delta;
  }
  const ordered = new Float64Array(n);
  for (const [row, place] of rowPositions(n, order).entries()) ordered[place] = losses[row];
  return method === "ucb:wsr"
    ? wsrLogWealth(ordered, epsilon, delta, upper) > goal
    : starLogWealth(ordered, epsilon, delta, upper) >= goal - starConstants.goalSlack;
}
