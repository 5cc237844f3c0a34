import { EexitError } from "../../errors.ts";
import { seededRandom } from "../../stats/random.ts";
import type { ValueInfoProto } from "../proto/onnx-pb.ts";
import { gatherRows, product } from "../run/rows.ts";
import { isOrtType, newElements, type Values } from "../session.ts";
import type { NetworkGraph } from "./network-graph.ts";
import { elementCode, shapeOf } from "./value-types.ts";

/** Rows to run a network on while looking at it, by input name; first axis = rows. */
export type ProbeRows = ReadonlyMap<string, Values>;

/** Size of an input dimension that the model leaves open and no real input settles. */
const openSize = 8;

/**
 * Checks that every input's first axis is an open batch axis.
 *
 * @throws EexitError `batch-axis` naming the input
 */
export function assertBatchAxis(graph: NetworkGraph): void {
  for (const input of graph.inputs) {
    const shape = shapeOf(input);
    if (shape === null || (shape.length > 0 && typeof shape[0] !== "number")) continue;
    const open = shape.findIndex((size) => typeof size !== "number");
    const found = shape.length === 0 ? "is a scalar" : `has the shape [${shape.map((size) => size ?? "?").join(", ")}]`;
    const what = open > 0 ? `the batch axis is not the first (axis ${open} is open)` : "the batch axis is fixed";
    throw new EexitError(
      "batch-axis",
      `${graph.path}: input ${input.name} ${found}: ${what}, expected an open first axis, one row per sample`,
      `export it with dynamic_axes={"${input.name}": {0: "N"}}`,
    );
  }
  if (graph.inputs.length === 0) {
    throw new EexitError(
      "batch-axis",
      `${graph.path}: has no input, expected one row per sample`,
      "export it with its inputs",
    );
  }
}

/**
 * Seeded random rows that any network takes: floats uniform in [0, 1), integers and booleans 0 or 1 (an index into the
 * smallest table is still an index), open dimensions of size 8.
 */
export function randomRows(graph: NetworkGraph, count: number, seed: number): ProbeRows {
  const random = seededRandom(seed);
  return new Map(
    graph.inputs.map((input) => {
      const type = typeOf(graph.path, input);
      const dims = [
        count,
        ...(shapeOf(input) ?? [null]).slice(1).map((size) => (typeof size === "number" ? size : openSize)),
      ];
      const data = newElements(type, product(dims));
      for (let i = 0; i < data.length; i++) {
        const u = random.uniform();
        if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = u < 0.5 ? 0n : 1n;
        else if (type === "float16") data[i] = halfOf(u);
        else data[i] = type.startsWith("float") ? u : u < 0.5 ? 0 : 1;
      }
      return [input.name, { type, data, dims }];
    }),
  );
}

/** The same rows, some of them, in the order given. */
export function selectProbeRows(rows: ProbeRows, indices: readonly number[]): ProbeRows {
  return new Map(Array.from(rows, ([name, values]) => [name, gatherRows(values, indices)]));
}

export function probeRowCount(rows: ProbeRows): number {
  return rows.values().next().value?.dims[0] ?? 0;
}

function typeOf(path: string, input: ValueInfoProto) {
  const code = input.type?.tensorType?.elemType;
  const [type] = Object.entries(elementCode).find(([, number]) => number === code) ?? [];
  if (type !== undefined && isOrtType(type)) return type;
  throw new EexitError(
    "model-input",
    `${path}: input ${input.name} has element type ${code ?? "unknown"}, expected a float, integer or boolean tensor`,
    "bfloat16, strings and sequences cannot be fed",
  );
}

/** binary16 pattern of a number in [0, 1), truncated: a probe needs no rounding. */
function halfOf(u: number): number {
  if (u < 2 ** -14) return Math.floor(u * 2 ** 24);
  const exponent = Math.floor(Math.log2(u));
  return ((exponent + 15) << 10) | Math.floor((u / 2 ** exponent - 1) * 1024);
}
