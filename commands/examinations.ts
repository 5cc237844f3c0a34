import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { EexitError } from "../src/errors.ts";
import { createArrowColumnWriter } from "../src/io/arrow-columns-write.ts";
import type { Examination } from "../src/report/doctor-document.ts";
import { tool } from "../src/version.ts";
import { assertKnown, CONFIG_FILE, readConfig, workingFolder } from "./config-file.ts";
import type { Session } from "./session.ts";

/** The oldest Node that the package accepts. */
const oldestNode = 20;

type Found = string | { readonly note: string };

/** Tries everything that eexit stands on, in this order; nothing that fails keeps the rest from being tried. */
export async function examinations(session: Session): Promise<Examination[]> {
  const tried: [name: string, attempt: () => Found | Promise<Found>, advice: string][] = [
    ["eexit", () => `${tool.version} in ${fileURLToPath(new URL("..", import.meta.url))}`, ""],
    ["Node", node, `install Node ${oldestNode} or later`],
    ["machine", machine, ""],
    ["onnxruntime-node", runtime, "npm install onnxruntime-node --ignore-scripts (no binary exists for Intel Macs)"],
    ["apache-arrow", arrow, "install eexit again: npm install -g --ignore-scripts eexit"],
    ["zod", schema, "install eexit again: npm install -g --ignore-scripts eexit"],
    ["SIMD WebAssembly", simd, "a current Node on a 64-bit machine has it"],
    ["threads", () => threads(session), "EEXIT_THREADS takes a count such as 4"],
    ["temporary folder", temporaryFolder, "set TMPDIR to a folder that can be written; eexit demo needs it"],
    ["colour", () => colour(session), ""],
    ["config file", () => config(session), `mend ${CONFIG_FILE} in the working folder or remove it`],
  ];
  const found: Examination[] = [];
  for (const [name, attempt, advice] of tried) found.push(await examined(name, attempt, advice));
  return found;
}

async function examined(name: string, attempt: () => Found | Promise<Found>, advice: string): Promise<Examination> {
  try {
    const found = await attempt();
    if (typeof found === "string") return { name, status: "ok", found, advice: null };
    return { name, status: "note", found: found.note, advice: null };
  } catch (error) {
    const known = error instanceof EexitError ? error.hint : null;
    return { name, status: "failed", found: (error as Error).message.split("\n")[0], advice: known ?? advice };
  }
}

function node(): Found {
  const { node: version } = process.versions;
  if (Number.parseInt(version, 10) < oldestNode) throw new Error(`${version}, expected ${oldestNode} or later`);
  return version;
}

function machine(): Found {
  return `${process.platform} ${process.arch}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`;
}

async function runtime(): Promise<Found> {
  const { expectedOfTry, tryRuntime } = await import("../src/onnx/try-runtime.ts");
  const answer = await tryRuntime();
  if (answer.join() !== expectedOfTry.join())
    throw new Error(`a model of two operators gives ${answer.join(", ")}, expected ${expectedOfTry.join(", ")}`);
  return `${versionOf("onnxruntime-node")}loads and runs a model`;
}

async function arrow(): Promise<Found> {
  const pieces: Uint8Array[] = [];
  const writer = createArrowColumnWriter((bytes) => void pieces.push(bytes.slice()), "file");
  await writer.append([{ name: "x", values: Float64Array.of(1, 2), width: 0 }], 2);
  await writer.finish(new Map());
  if (Buffer.concat(pieces).toString("latin1", 0, 6) !== "ARROW1") throw new Error("writes no Arrow file");
  return `${versionOf("apache-arrow")}loads and writes a file`;
}

async function schema(): Promise<Found> {
  const { thresholdJsonSchema } = await import("../src/io/threshold-schema.ts");
  if (Object.keys(thresholdJsonSchema()).length === 0) throw new Error("describes no threshold file");
  return `${versionOf("zod")}loads and describes the threshold file`;
}

/** `1.2.3, ` where the package is installed beside us; some packages do not export their package.json, so it is looked for. */
function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  try {
    const main = require.resolve(name);
    const folder = main.slice(0, main.lastIndexOf(join("node_modules", name)) + join("node_modules", name).length);
    const { version } = require(join(folder, "package.json")) as { version: string };
    return `${version}, `;
  } catch {
    return "";
  }
}

/** A module whose one function makes a vector of sixteen bytes: i8x16.splat. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

function simd(): Found {
  const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } };
  return engine.validate(simdModule) ? "works" : { note: "not here: slower code is used" };
}

async function threads({ terminal: { env } }: Session): Promise<Found> {
  const wanted = env.EEXIT_THREADS;
  if (wanted && !/^[1-9]\d*$/.test(wanted)) throw new Error(`EEXIT_THREADS is ${wanted}, expected a count`);
  await new Promise((resolve, reject) => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const cores = `${availableParallelism()} cores, a thread starts`;
  return wanted ? `${cores}; models run on ${wanted} (EEXIT_THREADS)` : cores;
}

function temporaryFolder(): Found {
  accessSync(tmpdir(), constants.W_OK);
  return tmpdir();
}

function colour(session: Session): Found {
  const { on, because } = session.colour("stdout");
  return { note: `${on ? "on" : "off"}: ${because}` };
}

async function config(session: Session): Promise<Found> {
  const folder = workingFolder(session);
  const settings = readConfig(folder);
  if (settings === null) return { note: `no ${CONFIG_FILE} in ${folder}` };
  const commands = await session.allCommands();
  const names = new Set(commands.map((command) => command.name()));
  const isSection = ([key, value]: [string, unknown]) => names.has(key) && typeof value === "object";
  const keys = Object.entries(settings).flatMap((entry) =>
    isSection(entry) ? Object.keys(entry[1] as object) : [entry[0]],
  );
  const known = commands.flatMap(({ options }) => options.map(({ long }) => long?.replace(/^--(no-)?/, "") ?? ""));
  assertKnown(
    keys.map((key) => key.replace(/^no-/, "")),
    new Set(known),
  );
  return `${join(folder, CONFIG_FILE)}, ${keys.length} settings (eexit COMMAND --print-config)`;
}
