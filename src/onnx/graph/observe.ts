import { create } from "@bufbuild/protobuf";
import { type Model, modelBytes, withGraph } from "../model.ts";
import { GraphProtoSchema } from "../proto/onnx-pb.ts";
import { openSession, type Values } from "../session.ts";
import { type ProbeRows, selectProbeRows } from "./probe-inputs.ts";
import { nameOnly } from "./value-types.ts";

/** A tensor as it was with 3 and with 5 rows; the first three rows are the same. */
export interface Sighting {
  readonly three: Values;
  readonly five: Values;
}

export const probeRowsNeeded = 5;

/**
 * Runs the model on 3 and on 5 rows and returns the named tensors of both runs: shapes that are really seen, instead of
 * shapes that are inferred. Optimisation is off, so that every tensor exists.
 *
 * @param rows at least 5
 */
export async function observe(
  model: Model,
  tensors: readonly string[],
  rows: ProbeRows,
): Promise<Map<string, Sighting>> {
  const declared = new Set(model.graph.output.map(({ name }) => name));
  const wanted = [...new Set(tensors)];
  const output = [...model.graph.output, ...wanted.filter((name) => !declared.has(name)).map(nameOnly)];
  const graph = create(GraphProtoSchema, { ...model.graph, output });
  if (model.graph.$unknown) graph.$unknown = model.graph.$unknown;
  const bytes = modelBytes(model.path, withGraph(model.proto, graph));
  const session = await openSession(bytes, model.path, { threads: 0, provider: "cpu", optimize: false });
  try {
    const three = await session.run(selectProbeRows(rows, [0, 1, 2]), wanted);
    const five = await session.run(selectProbeRows(rows, [0, 1, 2, 3, 4]), wanted);
    return new Map(wanted.map((name) => [name, { three: three.get(name)!, five: five.get(name)! }]));
  } finally {
    await session.release();
  }
}

/**
 * The axis along which a tensor has one entry per row, null when it does not depend on the batch at all; a text says why
 * it is neither.
 */
export function batchAxisOf({ three, five }: Sighting): number | null | string {
  if (three.dims.length !== five.dims.length) return "its rank changes with the batch";
  const moving = five.dims.flatMap((size, axis) => (size === three.dims[axis] ? [] : [axis]));
  if (moving.length === 0) {
    const same = three.data.every((value: number | bigint, index: number) => Object.is(value, five.data[index]));
    return same ? null : "all rows of the batch are mixed in it";
  }
  if (moving.length > 1) return `its axes ${moving.join(" and ")} change with the batch`;
  const [axis] = moving;
  if (three.dims[axis] === 3 && five.dims[axis] === 5) return axis;
  return `its axis ${axis} has ${three.dims[axis]} entries for 3 rows`;
}
