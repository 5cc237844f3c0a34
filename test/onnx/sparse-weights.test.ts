import { describe, expect, it } from "vitest";
import { answersLikeTheTwin, openedNetwork } from "../support/onnx-bake.ts";
import { inMemory } from "../support/onnx-graphs.ts";
import { residual } from "./models/dense-layers.ts";
import { sparseResidual } from "./models/sparse-weights.ts";

const weights = ["h1_sum_w", "e1_w", "h2_sum_w"];
const sameNames = Object.fromEntries(weights.map((name) => [name, name]));

describe("a network with sparse weights", () => {
  it("has the stages and the multiply-accumulates of the dense one", async () => {
    const found = await openedNetwork(inMemory(sparseResidual(sameNames)));
    const dense = await openedNetwork(inMemory(residual({})));
    const told = ({ stages }: typeof found) =>
      stages.map(({ nodes, macs, parameters, live }) => ({ nodes, macs, parameters, live }));
    expect(told(found)).toEqual(told(dense));
  });

  it("is baked to the answers of the whole", () => answersLikeTheTwin(sparseResidual(sameNames)));

  it("is baked when they have names that the baked model needs", () =>
    answersLikeTheTwin(sparseResidual({ h1_sum_w: "logits", e1_w: "confidence", h2_sum_w: "threshold" })));

  it("is baked when they have names like ours", () =>
    answersLikeTheTwin(sparseResidual({ h1_sum_w: "eexit/x", h2_sum_w: "eexit2/own/exit" })));
});
