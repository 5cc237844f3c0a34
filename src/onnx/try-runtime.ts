import { floatTensor, makeModel, makeNode } from "./graph/build.ts";
import { declareValue } from "./graph/value-types.ts";
import { modelBytes } from "./model.ts";
import { openSession } from "./session.ts";

/**
 * Loads ONNX Runtime and runs a model of two operators whose answer is known exactly: relu([1 −2; 3 4]·[1 0; 0 −1]) is
 * [1 2; 3 0].
 *
 * @returns the answer as found; the caller compares
 * @throws EexitError `runtime-missing`, `model-invalid` or `model-failed`
 */
export async function tryRuntime(): Promise<readonly number[]> {
  const graph = {
    name: "try",
    node: [makeNode("MatMul", ["x", "w"], ["product"]), makeNode("Relu", ["product"], ["y"])],
    initializer: [floatTensor("w", [2, 2], [1, 0, 0, -1])],
    input: [declareValue("x", 1, ["N", 2])],
    output: [declareValue("y", 1, ["N", 2])],
  };
  const session = await openSession(modelBytes("try", makeModel(graph, 13, 8)), "try", {
    threads: 1,
    provider: "cpu",
    optimize: true,
  });
  const x = { type: "float32", data: Float32Array.of(1, -2, 3, 4), dims: [2, 2] } as const;
  const answer = await session.run(new Map([["x", x]]));
  await session.release();
  return Array.from(answer.get("y")!.data as Float32Array);
}

export const expectedOfTry: readonly number[] = [1, 2, 3, 0];
