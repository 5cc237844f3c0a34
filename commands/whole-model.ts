import { setImmediate } from "node:timers/promises";
import { EexitError } from "../src/errors.ts";
import type { Floats } from "../src/exits/types.ts";
import type { ModelRows } from "../src/io/model-rows.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import { findExits } from "../src/onnx/graph/find-exits.ts";
import { networkGraph } from "../src/onnx/graph/network-graph.ts";
import { modelBytes } from "../src/onnx/model.ts";
import { asFloats } from "../src/onnx/run/judge-exit.ts";
import { runLoadedStage } from "../src/onnx/run/run-stages.ts";
import { loadModels } from "../src/onnx/run/staged-network.ts";
import { type Session as OrtSession, openSession, type Values } from "../src/onnx/session.ts";
import { chainOf } from "./is-model-path.ts";
import { batchSize, type ModelFlags, namedList, openRows, sessionOptions } from "./model-options.ts";
import { readWhole } from "./open-model.ts";
import { openChain } from "./open-staged.ts";
import type { Session } from "./session.ts";

/** The logits of all exits for consecutive rows. */
export interface ExitLogits {
  readonly rowCount: number;
  /** Per exit: row-major `[rowCount, ...shape]`; float16 widened to float32. */
  readonly exits: readonly Floats[];
  /** Of one sample: [C], or [C, H, W]. */
  readonly shape: readonly number[];
}

/** A model that is run whole, all exits computed, batch by batch. */
export interface WholeModel {
  readonly exitNames: readonly string[];
  readonly rowCount: number;
  readonly batchCount: number;
  logits(): AsyncGenerator<ExitLogits>;
  close(): Promise<void>;
}

/** Opens a model and the rows of `--input`. */
export async function openWhole(path: string, flags: ModelFlags, session: Session): Promise<WholeModel> {
  const size = batchSize(flags);
  const chain = chainOf(path);
  if (chain !== null) return openWholeChain(chain, flags, size, session);
  const { model, exits } = readWhole(path);
  if (flags.confidenceOutput !== undefined)
    session.say(`note: --confidence-output ${flags.confidenceOutput.join(",")} is not used: only logits are read here`);
  const exitNames = findExits(networkGraph(path, model.graph), namedList("--exits", flags.exits) ?? exits).names;
  const network = await openSession(modelBytes(path, model.proto), path, sessionOptions(flags, session));
  const rows = await openRows(flags, declaredInputs(model), session);
  return {
    exitNames,
    rowCount: rows.rowCount,
    batchCount: Math.ceil(rows.rowCount / size),
    logits: () => logitBatches(network, rows, exitNames, size),
    async close() {
      rows.close();
      await network.release();
    },
  };
}

/** A chain of separate models, all run on every row. */
async function openWholeChain(
  chain: readonly string[],
  flags: ModelFlags,
  size: number,
  session: Session,
): Promise<WholeModel> {
  if (flags.exits !== undefined) {
    throw new EexitError(
      "bad-usage",
      `--exits: ${chain.length} models in a chain are the exits, expected no names`,
      "leave out --exits",
    );
  }
  const network = await loadModels(await openChain(chain, flags, session), sessionOptions(flags, session));
  const rows = await openRows(flags, network.inputs, session);
  return {
    exitNames: network.exits,
    rowCount: rows.rowCount,
    batchCount: Math.ceil(rows.rowCount / size),
    async *logits() {
      for await (const { rowCount, values } of rows.batches(size)) {
        const logits: Values[] = [];
        for (const stage of network.stages) {
          const outputs = await runLoadedStage(stage, values as ReadonlyMap<string, Values>);
          logits.push(outputs.get(stage.exit)!);
        }
        yield { rowCount, exits: logits.map(asFloats), shape: sampleShape(logits, network.exits) };
        await setImmediate();
      }
    },
    async close() {
      rows.close();
      await network.release();
    },
  };
}

async function* logitBatches(
  network: OrtSession,
  rows: ModelRows,
  exitNames: readonly string[],
  size: number,
): AsyncGenerator<ExitLogits> {
  for await (const { rowCount, values } of rows.batches(size)) {
    const outputs = await network.run(values as ReadonlyMap<string, Values>, exitNames);
    const logits = exitNames.map((exit) => outputs.get(exit)!);
    yield { rowCount, exits: logits.map(asFloats), shape: sampleShape(logits, exitNames) };
    // Lets signals and pending output through: the runtime blocks while it works.
    await setImmediate();
  }
}

/** Shape of one sample's logits, equal at all exits. */
function sampleShape(logits: readonly Values[], exits: readonly string[]): number[] {
  const shape = logits[0].dims.slice(1);
  for (const [index, { dims }] of logits.entries()) {
    if (dims.slice(1).join() === shape.join() && dims[0] === logits[0].dims[0]) continue;
    throw new EexitError(
      "exits-unclear",
      `exit ${exits[index]} gives [${dims.join(", ")}] and ${exits[0]} [${logits[0].dims.join(", ")}], expected exits of one size`,
      "name the exits in order: --exits a,b,c",
    );
  }
  return [...shape];
}

/** Rows of all exits side by side: row-major `[rowCount, L, ...shape]`. */
export function sideBySide({ rowCount, exits }: ExitLogits): Floats {
  const Kind = exits[0] instanceof Float64Array ? Float64Array : Float32Array;
  const width = exits[0].length / rowCount;
  const rows = new Kind(exits.length * exits[0].length);
  for (let row = 0; row < rowCount; row++) {
    for (const [exit, values] of exits.entries()) {
      rows.set(values.subarray(row * width, (row + 1) * width), (row * exits.length + exit) * width);
    }
  }
  return rows;
}
