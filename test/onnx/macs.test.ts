import { describe, expect, it } from "vitest";
import { makeNode } from "../../src/onnx/graph/build.ts";
import { hidesWork, macsOf, shapesNeeded } from "../../src/onnx/graph/macs.ts";
import { makeGraph } from "../support/onnx-graphs.ts";

type Attributes = Parameters<typeof makeNode>[3];

/** Work of a node whose inputs have the given shapes; null stands for an input that is left out. */
function work(
  opType: string,
  inputs: readonly (readonly number[] | null)[],
  output: readonly number[],
  attributes: Attributes = {},
) {
  const names = inputs.map((shape, index) => (shape === null ? "" : `in${index}`));
  const shapes = new Map(inputs.map((shape, index) => [`in${index}`, shape ?? undefined]));
  return macsOf(makeNode(opType, names, ["out"], attributes), (name) => (name === "out" ? output : shapes.get(name)));
}

describe("multiply-accumulates, counted by hand", () => {
  it("of convolutions: output elements × channels of the group × kernel", () => {
    // 2·16·10·10 outputs, each 8·3·3 products.
    expect(
      work(
        "Conv",
        [
          [2, 8, 12, 12],
          [16, 8, 3, 3],
        ],
        [2, 16, 10, 10],
      ),
    ).toBe(3200 * 72);
    // 4 groups: each output sees 8/4 channels.
    expect(work("Conv", [[2, 8, 12, 12], [16, 2, 3, 3], [16]], [2, 16, 10, 10], { group: 4 })).toBe(3200 * 18);
    // Depthwise in one dimension: 6 channels × 9 places × kernel 2.
    expect(
      work(
        "Conv",
        [
          [1, 6, 10],
          [6, 1, 2],
        ],
        [1, 6, 9],
        { group: 6 },
      ),
    ).toBe(108);
    // x, scale and zero point, then the weight.
    expect(work("QLinearConv", [[1, 3, 4, 4], [], [], [5, 3, 1, 1], [], [], [], []], [1, 5, 4, 4])).toBe(80 * 3);
    expect(
      work(
        "ConvInteger",
        [
          [1, 3, 4, 4],
          [5, 3, 1, 1],
        ],
        [1, 5, 4, 4],
      ),
    ).toBe(240);
  });

  it("of transposed convolutions: input elements × channels of the group × kernel", () => {
    // Stride 2 doubles the image, but no more is multiplied: 1·4·5·5 inputs meet 6·2·2 weights each.
    expect(
      work(
        "ConvTranspose",
        [
          [1, 4, 5, 5],
          [4, 6, 2, 2],
        ],
        [1, 6, 10, 10],
        { strides: [2, 2] },
      ),
    ).toBe(100 * 24);
    expect(
      work(
        "ConvTranspose",
        [
          [1, 4, 5, 5],
          [4, 3, 2, 2],
        ],
        [1, 6, 10, 10],
        { group: 2 },
      ),
    ).toBe(100 * 12);
  });

  it("of matrix products", () => {
    expect(work("Gemm", [[3, 5], [5, 7], [7]], [3, 7])).toBe(105);
    expect(
      work(
        "Gemm",
        [
          [5, 3],
          [7, 5],
        ],
        [3, 7],
        { transA: 1, transB: 1 },
      ),
    ).toBe(105);
    expect(
      work(
        "MatMul",
        [
          [3, 5],
          [5, 7],
        ],
        [3, 7],
      ),
    ).toBe(105);
    // Batches are broadcast: 2·4 products of 3×5 with 5×7.
    expect(
      work(
        "MatMul",
        [
          [2, 1, 3, 5],
          [4, 5, 7],
        ],
        [2, 4, 3, 7],
      ),
    ).toBe(8 * 105);
    // Vectors: 5·(5×7), (3×5)·5, and an inner product.
    expect(work("MatMul", [[5], [5, 7]], [7])).toBe(35);
    expect(work("MatMul", [[3, 5], [5]], [3])).toBe(15);
    expect(work("MatMul", [[5], [5]], [])).toBe(5);
    expect(
      work(
        "MatMulInteger",
        [
          [3, 5],
          [5, 7],
        ],
        [3, 7],
      ),
    ).toBe(105);
    expect(work("QLinearMatMul", [[3, 5], [], [], [5, 7], [], [], [], []], [3, 7])).toBe(105);
  });

  it("of einsum: one pass over all indices", () => {
    const einsum = (equation: string, inputs: number[][], output: number[]) =>
      work("Einsum", inputs, output, { equation });
    expect(
      einsum(
        "bij,bjk->bik",
        [
          [2, 3, 5],
          [2, 5, 7],
        ],
        [2, 3, 7],
      ),
    ).toBe(210);
    expect(
      einsum(
        " b i j , j k ",
        [
          [2, 3, 5],
          [5, 7],
        ],
        [2, 3, 7],
      ),
    ).toBe(210);
    // Scores of 2 sequences, 4 heads, 6 queries, 6 keys, 8 features.
    expect(
      einsum(
        "bqhd,bkhd->bhqk",
        [
          [2, 6, 4, 8],
          [2, 6, 4, 8],
        ],
        [2, 4, 6, 6],
      ),
    ).toBe(2 * 4 * 6 * 6 * 8);
  });

  it("of einsum with an ellipsis: its axes are broadcast, from the last", () => {
    const einsum = (equation: string, ...inputs: number[][]) => work("Einsum", inputs, [1], { equation });
    expect(einsum("...ij,jk->...ik", [2, 3, 5], [5, 7])).toBe(210);
    expect(einsum("... i j, ... j k", [4, 1, 3, 5], [2, 5, 7])).toBe(4 * 2 * 3 * 5 * 7);
    expect(einsum("i...j,j...", [3, 6, 5], [5, 2, 1])).toBe(3 * 5 * 2 * 6);
    expect(einsum("i...,i...->...", [3], [3])).toBe(3);
    // Fewer axes than letters, or more without an ellipsis: no equation for these.
    expect(einsum("...ij,jk", [3], [5, 7])).toBeNull();
    expect(einsum("ij,jk", [2, 3, 5], [5, 7])).toBeNull();
  });

  it("of recurrent layers: at each step both weights", () => {
    // 4 steps, 2 rows; 4 gates of 5 units read 3 features and 5 states.
    expect(
      work(
        "LSTM",
        [
          [4, 2, 3],
          [1, 20, 3],
          [1, 20, 5],
        ],
        [4, 1, 2, 5],
      ),
    ).toBe(8 * (60 + 100));
    // 3 gates, both directions.
    expect(
      work(
        "GRU",
        [
          [4, 2, 3],
          [2, 15, 3],
          [2, 15, 5],
        ],
        [4, 2, 2, 5],
      ),
    ).toBe(8 * 2 * (45 + 75));
    expect(work("RNN", [[4, 2, 3], [1, 5, 3], [1, 5, 5], null, null], [4, 1, 2, 5])).toBe(8 * (15 + 25));
  });

  it("are 0 for what is not counted, and null where a shape is not known", () => {
    expect(work("Relu", [[3, 5]], [3, 5])).toBe(0);
    expect(work("BatchNormalization", [[3, 5]], [3, 5])).toBe(0);
    for (const opType of ["Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM"]) {
      expect(work(opType, [null, null, null], [3, 7])).toBeNull();
    }
    expect(macsOf(makeNode("MatMul", ["a", "b"], ["c"]), () => undefined)).toBeNull();
  });
});

describe("the shapes that are looked at", () => {
  it("are those of named tensors: optional inputs and unused outputs have no name", () => {
    expect(shapesNeeded(makeNode("Relu", ["x"], ["y"]))).toEqual([]);
    expect(shapesNeeded(makeNode("Conv", ["x", "w", ""], ["y"]))).toEqual(["x", "w", "y"]);
    const lastStateOnly = makeNode("LSTM", ["x", "w", "r", "", "", "h"], ["", "last"]);
    expect(shapesNeeded(lastStateOnly)).toEqual(["x", "w", "r", "h", "last"]);
    const shapes: Record<string, number[]> = { x: [4, 2, 3], w: [1, 20, 3], r: [1, 20, 5], last: [1, 2, 5] };
    expect(macsOf(lastStateOnly, (name) => shapes[name])).toBe(8 * 160);
  });
});

it("nodes with subgraphs hide work", () => {
  expect(hidesWork(makeNode("Loop", ["n"], ["y"], { body: makeGraph("body", [], [], []) }))).toBe(true);
  expect(hidesWork(makeNode("MatMul", ["a", "b"], ["c"]))).toBe(false);
});
