import { describe, expect, it } from "vitest";
import { type Manifest, stageFiles } from "../../src/onnx/manifest.ts";
import { mergeStages } from "../../src/onnx/merge-stages.ts";
import type { Network } from "../../src/onnx/network.ts";
import { openSession } from "../../src/onnx/session.ts";
import {
  baked,
  besideTwin,
  compareWithTwin,
  floatMargins,
  halfMargins,
  oneThread,
  openedNetwork,
  runBaked,
} from "../support/onnx-bake.ts";
import { bytesOf, inMemory, ModelWriter } from "../support/onnx-graphs.ts";
import { thresholdFile } from "../support/threshold-files.ts";
import { handMade } from "./models/all-models.ts";
import { sparseResidual } from "./models/sparse-weights.ts";

/** The network put together again from its own stages. */
function merged(network: Network) {
  const { files, manifest } = stageFiles(network, {} as Manifest["proof"]);
  return mergeStages("stages", manifest, files.slice(0, -1));
}

describe("stages put together again", () => {
  it.each(Object.keys(handMade))("%s: are the whole model, and bake to the same answers", async (name) => {
    const proto = handMade[name]({ opset: 17 });
    const { network, rows, twin, threshold } = await besideTwin(proto, 40);
    const model = merged(network);
    expect(model.graph.output.map((output) => output.name)).toEqual(network.exits);
    expect(model.sha256).toBe(network.model.sha256);
    const again = await openedNetwork(model, { exits: [...network.exits] });
    expect(again.stages.map(({ macs, parameters }) => [macs, parameters])).toEqual(
      network.stages.map(({ macs, parameters }) => [macs, parameters]),
    );
    expect(new Set(again.graph.inputs.map((input) => input.name))).toEqual(
      new Set(network.graph.inputs.map((input) => input.name)),
    );

    const { bytes } = await baked(again, thresholdFile({ exits: network.exits.length, threshold }));
    const session = await openSession(bytes, name, oneThread);
    const margins = name.includes("float16") ? halfMargins : floatMargins;
    for (const size of [1, 40]) compareWithTwin(await runBaked(session, rows, size), twin, threshold, margins);
    await session.release();
  });

  it("keep confidence outputs", async () => {
    const proto = handMade.residual({});
    const graph = proto.graph!;
    // Each early exit's hidden layer, summed, as a confidence of the model's own.
    const m = new ModelWriter({});
    for (const stage of [1, 2]) m.output(m.reduce("ReduceMean", `c${stage}`, `h${stage}`, [1]), ["N"]);
    graph.node.push(...m.nodes);
    graph.output.push(...m.outputs);
    const outputs = { exits: ["e1", "e2", "e3"], confidences: ["c1", "c2"] };
    const network = await openedNetwork(inMemory(proto), outputs);
    const model = merged(network);
    const session = await openSession(bytesOf(model.proto), "merged", oneThread);
    expect(session.outputs.map((output) => output.name).sort()).toEqual(["c1", "c2", "e1", "e2", "e3"]);
    const again = await openedNetwork(model, outputs);
    expect(again.stages.map(({ confidence }) => confidence)).toEqual(["c1", "c2", null]);
    await session.release();
  });

  it("have a sparse weight once that several stages use", async () => {
    const proto = sparseResidual({ h1_sum_w: "h1_sum_w", e1_w: "e1_w" });
    // The second exit uses the first one's weights.
    for (const node of proto.graph!.node) node.input = node.input.map((name) => (name === "e2_w" ? "e1_w" : name));
    const { network, rows, twin, threshold } = await besideTwin(proto, 40);
    const model = merged(network);
    expect(model.graph.sparseInitializer.map(({ values }) => values?.name)).toEqual(["h1_sum_w", "e1_w"]);
    const { bytes } = await baked(
      await openedNetwork(model, { exits: [...network.exits] }),
      thresholdFile({ threshold }),
    );
    const session = await openSession(bytes, "sparse", oneThread);
    compareWithTwin(await runBaked(session, rows, 40), twin, threshold);
    await session.release();
  });
});
