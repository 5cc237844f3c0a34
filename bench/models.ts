import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { run } from "../commands/program.ts";
import { type ModelsSection, modelsPage } from "./models-page.ts";
import { convNetwork, mlpNetwork, type SyntheticNetwork, syntheticThreshold } from "./synthetic-network.ts";

/**
 * Do exits save time? `eexit bench` on synthetic networks whose rows leave at exits 1 … 5 in known shares, and on trained ones.
 *
 *   npm run bench:models                      synthetic networks
 *   npm run bench:models -- model.onnx threshold.json inputs.npy [model.onnx …]   and these, three files each
 *
 * Writes bench/MODELS.md and keeps the sections of networks that it was not given. Every ratio compares ways that were timed one after the other in each run.
 */
const shares = [0.6, 0.2, 0.1, 0.05, 0.05];
const rowCount = 256;
/** Two threads are two processes that share the rows, and beside that one process with two threads inside its operators. */
const threadCounts = ["1", "2"];

interface Case {
  readonly name: string;
  readonly model: string;
  readonly threshold: string;
  readonly inputs: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "eexit-bench-"));
try {
  const given = process.argv.slice(2);
  const networks = [convNetwork(32, 16), convNetwork(64, 16), mlpNetwork(512)];
  const cases = [...networks.map(synthetic), ...trained(given)];
  const sections: ModelsSection[] = [];
  for (const { name, model, threshold, inputs } of cases) {
    for (const threads of threadCounts) {
      const argv = ["bench", model, "-t", threshold, ...inputs.flatMap((input) => ["--input", input])];
      const text = await answer([
        ...argv,
        "--threads",
        threads,
        "--format",
        "markdown",
        "--runs",
        "9",
        "--warmup",
        "1",
      ]);
      const title = `${name}, ${threads === "1" ? "one thread" : `${threads} threads`}`;
      const body = text.replace(/^#+ .*\n+/, "");
      sections.push({ title, body });
      process.stdout.write(`## ${title}\n\n${body}\n`);
    }
  }
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const run = `${machine}, ${new Date().toISOString().slice(0, 10)}`;
  const page = new URL("../../bench/MODELS.md", import.meta.url);
  writeFileSync(page, modelsPage(run, sections, existsSync(page) ? readFileSync(page, "utf8") : ""));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Writes a synthetic network with its rows and rule. */
function synthetic(network: SyntheticNetwork, index: number): Case {
  const model = join(folder, `synthetic-${index}.onnx`);
  writeFileSync(model, network.bytes);
  const inputs = [...network.rows(rowCount, shares)].map(([input, { data, dims }]) => {
    const path = join(folder, `${index}-${input}.safetensors`);
    writeFileSync(path, safetensors(input, dims, data as Float32Array));
    return path;
  });
  return { name: network.name, model, threshold: ruleFile(index), inputs };
}

/** The trained networks of the command line, three words each. */
function trained(words: readonly string[]): Case[] {
  return Array.from({ length: Math.floor(words.length / 3) }, (_, k) => {
    const [model, threshold, input] = words.slice(3 * k, 3 * k + 3);
    return { name: model.split("/").slice(-2).join("/"), model, threshold, inputs: [input] };
  });
}

function safetensors(name: string, shape: readonly number[], data: Float32Array): Uint8Array {
  const header = JSON.stringify({ [name]: { dtype: "F32", shape, data_offsets: [0, data.byteLength] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** A rule of the sample data with the threshold that the synthetic rows are made for. */
function ruleFile(index: number): string {
  const sample = new URL("../../sample-data/digits/threshold.json", import.meta.url);
  const { costs, classes, exitNames, ...file } = JSON.parse(readFileSync(sample, "utf8"));
  const rule = { ...file, exits: 5, threshold: syntheticThreshold, thresholds: new Array(4).fill(syntheticThreshold) };
  const path = join(folder, `rule-${index}.json`);
  writeFileSync(path, JSON.stringify({ ...rule, efficiency: null }));
  return path;
}

async function answer(argv: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const status = await run(argv, { stdin: Readable.from([]), stdout, stderr: process.stderr, env: {}, cwd: folder });
  if (status !== 0) throw new Error(`eexit ${argv[0]} ended with status ${status}`);
  return Buffer.concat(chunks).toString();
}
