import { describe, expect, it } from "vitest";
import { openNetwork } from "../../src/onnx/network.ts";
import { inMemory } from "../support/onnx-graphs.ts";
import { everyForm, handMade } from "./models/all-models.ts";

/** One stage by hand: what crosses behind it (name, axis of the batch where it is not 0, type where not float32), MACs, weights. */
type Expected = readonly [live: string, macs: number, parameters: number];

// A layer from a to b costs a·b multiply-accumulates and holds a·b + b weights; heads go to 4 classes.
const [first, next] = [6 * 8 + 8 * 4, 8 * 8 + 8 * 4];
const [firstWeights, nextWeights] = [6 * 8 + 8 + (8 * 4 + 4), 8 * 8 + 8 + (8 * 4 + 4)];
const residual: Expected[] = [
  ["h1", first, firstWeights],
  ["h1 h2", next, nextWeights],
  ["", next, nextWeights],
];

const expected: Readonly<Record<string, readonly Expected[]>> = {
  residual,
  "weights as inputs": residual,
  "residual in float16": [
    ["h1:float16", first, firstWeights],
    ["h1:float16 h2:float16", next, nextWeights],
    ["", next, nextWeights],
  ],
  dense: [
    ["h1", first, firstWeights],
    ["h1 h2", 8 * 8 + 32, 8 * 8 + 8 + 36],
    ["h1 h2 h3", 16 * 8 + 32, 16 * 8 + 8 + 36],
    ["", 24 * 8 + 32, 24 * 8 + 8 + 36],
  ],
  "two branches": [
    ["a1 b1", 2 * 48 + 32, 2 * 56 + 36],
    ["a2 b2", 2 * 64 + 32, 2 * 72 + 36],
    ["", 2 * 64 + 32, 2 * 72 + 36],
  ],
  // Each layer of 13 reads both branches; the third exit reads the features only, and the fourth both again.
  "latent and features": [
    ["x2 z2", 48 + 40 + 104 + 65 + 20, 56 + (45 + 5) + 112 + 70 + 24],
    ["x3 z3", 104 + 65 + 20, 112 + 70 + 24],
    ["x4 z3", 64 + 32, 72 + 36],
    ["", 13 * 4, 13 * 4 + 4],
  ],
  "shared weights": [
    ["h1", 48 + 64 + 32, 56 + 64 + 36],
    ["h2", 64 + 32, 64 + 36],
    ["", 64 + 32, 64 + 36],
  ],
  "shared head": [
    ["h1 hidden", 48 + 8 * 5 + 5 * 4, 56 + (8 * 5 + 5) + (5 * 4 + 4)],
    ["h2", 64 + 13 * 4, 72 + (13 * 4 + 4)],
    ["", next, nextWeights],
  ],
  "cumulative logits": [
    ["e1 h1", first, firstWeights],
    ["e2 h2", next, nextWeights],
    ["", next, nextWeights],
  ],
  "disjoint exits": [
    ["x", 6 * 5 + 5 * 4, 6 * 5 + 5 + (5 * 4 + 4)],
    ["", 48 + 64 + 32, 56 + 72 + 36],
  ],
  "late input": [
    // The table of 2 × 8 is looked up, not multiplied.
    ["h1 late", first, firstWeights + 2 * 8],
    ["h2 late", next, nextWeights],
    ["", 11 * 4, 11 * 4 + 4],
  ],
  "dead nodes": [
    ["h1", first, firstWeights],
    ["", next, nextWeights],
  ],
  // On 4 × 4 pixels: two 3 × 3 convolutions of 16 channels, a gate of 1 × 1 on the mean, the head; the stem reads 3 channels.
  "residual blocks": [
    ["h1", 16 * (27 * 16 + 2 * 144 * 16) + 16 * 16 + 64, 27 * 16 + 2 * 144 * 16 + 16 * 16 + 68],
    ["h2", 16 * 2 * 144 * 16 + 16 * 16 + 64, 2 * 144 * 16 + 16 * 16 + 68],
    ["", 16 * 2 * 144 * 16 + 16 * 16 + 64, 2 * 144 * 16 + 16 * 16 + 68],
  ],
  sequence: [
    // Probed with 8 words, each of which takes the layer; the head sees their mean.
    ["h1", 8 * 48 + 32, firstWeights],
    ["h2", 8 * 64 + 32, nextWeights],
    ["", 8 * 64 + 32, nextWeights],
  ],
  "shared shape": [
    // 5 × 2 × 2 outputs of 3 or 5 channels; flat 20.
    ["h1", 20 * 3 + 20 * 4, 5 * 3 + (20 * 4 + 4)],
    ["h1 h2", 20 * 5 + 20 * 4, 5 * 5 + (20 * 4 + 4)],
    ["", 20 * 5 + 20 * 4, 5 * 5 + (20 * 4 + 4)],
  ],
  "reshape with 0": [
    ["h1", first, firstWeights],
    ["h2", 4 * (2 * 2) + 32, 2 * 2 + 2 + 36],
    ["", 4 * (2 * 3) + 12 * 4, 2 * 3 + 3 + (12 * 4 + 4)],
  ],
  "steps first": [
    ["h1@1", 3 * 48 + 32, firstWeights],
    ["h2@1", 3 * 64 + 32, nextWeights],
    ["", 3 * 64 + 32, nextWeights],
  ],
  "merged rows": [
    // Two halves of 4 per row.
    ["h1", 48 + 2 * 16 + 32, 56 + 20 + 36],
    ["h1 q2_whole", 2 * 16 + 32, 20 + 36],
    ["", next, nextWeights],
  ],
  "split parts": [
    ["b c", 6 * 12 + 5 * 4, 6 * 12 + 12 + (5 * 4 + 4)],
    ["b c", 4 * 8 + 32, 4 * 8 + 8 + 36],
    ["", 7 * 8 + 32, 7 * 8 + 8 + 36],
  ],
  squeezed: [
    ["h1", first, firstWeights],
    ["wide", next, nextWeights],
    ["", next, nextWeights],
  ],
  recurrent: [
    // 3 steps; 4 gates of 5 units read 6 or 5 features and 5 states.
    ["all@2", 3 * (20 * 6 + 20 * 5) + 5 * 4, 20 * 6 + 20 * 5 + (5 * 4 + 4)],
    ["", 3 * (20 * 5 + 20 * 5) + 5 * 4, 20 * 5 + 20 * 5 + (5 * 4 + 4)],
  ],
  "top k": [
    ["h1", first, firstWeights],
    ["places:int64 values", 3 * 4, 3 * 4 + 4],
    ["", 6 * 4, 6 * 4 + 4],
  ],
  subgraphs: [
    ["h1", first, firstWeights],
    // What If and Loop do inside is not counted, their weights are.
    ["h1 h2", 32, 64 + 36],
    ["", 32, 64 + 36],
  ],
  "batch flag": [
    // The limit is one more number in each stage.
    ["calm@null:bool h1", first, firstWeights + 1],
    ["calm@null:bool h2", next, nextWeights + 1],
    ["", next, nextWeights + 1],
  ],
};

const open = (name: string, opset: number) =>
  openNetwork(inMemory(handMade[name]({ opset })), { exits: null, confidenceOutputs: null, rows: null, seed: 3 });

const made = async (name: string, opset = 17) => {
  const { stages, graph, ...rest } = await open(name, opset);
  return { ...rest, stages, nodes: stages.map(({ nodes }) => nodes.map((node) => graph.proto.node[node].name)) };
};

describe("the stages of a network", () => {
  it("are told for every model", () => expect(Object.keys(handMade).sort()).toEqual(Object.keys(expected).sort()));

  it.each(everyForm)("%s, operator set %i: boundaries, work and weights as counted by hand", async (name, opset) => {
    const { stages, exits } = await open(name, opset);
    const found = stages.map(({ live, macs, parameters }) => {
      const names = live.map(({ name, axis, type }) => {
        return `${name}${axis === 0 ? "" : `@${axis}`}${type === "float32" ? "" : `:${type}`}`;
      });
      return [names.sort().join(" "), macs, parameters];
    });
    expect(found).toEqual(expected[name]);
    expect(exits).toEqual(expected[name].map((_, stage) => `e${stage + 1}`));
  });

  it("say what shape a boundary tensor has, null where the rows are", async () => {
    const { stages } = await made("recurrent");
    expect(stages[0].live[0]).toEqual({ name: "all", type: "float32", shape: [3, 1, null, 5], axis: 2 });
    expect((await made("sequence")).stages[1].live[0].shape).toEqual([null, 8, 8]);
    expect((await made("late input")).stages[0].live.map(({ shape }) => shape)).toEqual(
      expect.arrayContaining([
        [null, 3],
        [null, 8],
      ]),
    );
  });

  it("make shape arithmetic again, because rows have left since", async () => {
    const { nodes } = await made("shared shape");
    const arithmetic = ["size", "rows", "rows1", "target"];
    for (const stage of nodes) expect(stage).toEqual(expect.arrayContaining(arithmetic));
    expect(nodes[2]).toEqual([...arithmetic, "h3_conv", "h3", "flat3", "e3_product", "e3"]);
  });

  it("make a Reshape again that merges rows", async () => {
    const { nodes } = await made("merged rows");
    expect(nodes[0]).toContain("merged");
    expect(nodes[1][0]).toBe("merged");
    expect(nodes[2]).not.toContain("merged");
  });

  it("leave out what feeds no exit, and name it", async () => {
    const { dropped, otherOutputs } = await made("dead nodes");
    expect(dropped).toEqual(["best (ArgMax)", "Neg → forgotten"]);
    expect(otherOutputs).toEqual(["best"]);
  });

  it("name the nodes whose work is hidden in subgraphs", async () => {
    expect((await made("subgraphs")).uncounted).toEqual(["h2 (If)", "h3 (Loop)"]);
    expect((await made("residual")).uncounted).toEqual([]);
  });
});
