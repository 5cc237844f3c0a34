import type { UnknownField } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { parseThresholdText } from "../../src/io/threshold-file.ts";
import { bakedThreshold } from "../../src/onnx/bake/baked-model.ts";
import { makeNode } from "../../src/onnx/graph/build.ts";
import { subgraphsOf } from "../../src/onnx/graph/node-reads.ts";
import { declareValue, shapeOf } from "../../src/onnx/graph/value-types.ts";
import { decodeModel } from "../../src/onnx/model.ts";
import type { ModelProto, NodeProto } from "../../src/onnx/proto/onnx-pb.ts";
import { openSession } from "../../src/onnx/session.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { tool } from "../../src/version.ts";
import {
  answersLikeTheTwin,
  baked,
  bakedFrom,
  besideTwin,
  compareWithTwin,
  oneThread,
  openBaked,
  openedNetwork,
  runBaked,
  spreadRows,
} from "../support/onnx-bake.ts";
import { inMemory, ModelWriter, makeGraph } from "../support/onnx-graphs.ts";
import { firstExit, neverExit, thresholdFile } from "../support/threshold-files.ts";
import { everyForm, handMade } from "./models/all-models.ts";
import { residual } from "./models/dense-layers.ts";

/** A float32 threshold as it stands in the file's bytes. */
function initializerValue(proto: ModelProto, name = "threshold"): number {
  const { rawData, dims, dataType } = proto.graph!.initializer.find((tensor) => tensor.name === name)!;
  expect([dims, dataType, rawData.length]).toEqual([[], 1, 4]);
  return new DataView(rawData.buffer, rawData.byteOffset, 4).getFloat32(0, true);
}

describe("the baked threshold", () => {
  it("is the largest float32 that is at most λ", () => {
    const at = (threshold: number) => bakedThreshold({ policy: "threshold", threshold });
    // float32 neighbours of 0.1: 13421772 and 13421773 in units of 2^-27; the nearest one is above.
    expect(Math.fround(0.1)).toBe(13421773 * 2 ** -27);
    expect(at(0.1)).toBe(13421772 * 2 ** -27);
    // 0.7 = 0.69999998807… rounded down already.
    expect(at(0.7)).toBe(Math.fround(0.7));
    expect([at(0.5), at(0), at(1), at(-3)]).toEqual([0.5, 0, 1, -3]);
    // Away from zero for a negative number: the nearest float32 of −0.3 is below, of −0.1 is below, of −0.7 above.
    expect(at(-0.1)).toBe(Math.fround(-0.1));
    expect(at(-0.7)).toBe(-(11744052 * 2 ** -24));
    expect(at(1e-50)).toBe(0);
    expect(at(-1e-50)).toBe(-(2 ** -149));
    expect(at(1e39)).toBe(2 ** 128 - 2 ** 104);
    expect(bakedThreshold(neverExit)).toBe(Number.POSITIVE_INFINITY);
    expect(bakedThreshold(firstExit)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("selects exactly the float32 confidences that λ selects", () => {
    const random = seededRandom(4);
    const bits = new Int32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let draw = 0; draw < 5000; draw++) {
      const threshold = draw % 2 === 0 ? random.uniform() : 4 * random.uniform() - 2;
      float[0] = threshold;
      const nearest = bits[0];
      for (const step of [-2, -1, 0, 1, 2]) {
        bits[0] = nearest + step;
        const [confidence] = float;
        const said = confidence > bakedThreshold({ policy: "threshold", threshold });
        if (said !== confidence > threshold) throw new Error(`${confidence} at ${threshold}`);
      }
    }
  });

  it.each([
    ["a number", { threshold: 0.1 }, 13421772 * 2 ** -27],
    ["never-exit", neverExit, Number.POSITIVE_INFINITY],
    ["first-exit", firstExit, Number.NEGATIVE_INFINITY],
  ])("%s: is a default that a runtime may override, and the only one at this place", async (_, given, value) => {
    const { bytes, proof } = await bakedFrom(residual({}), thresholdFile(given));
    const { graph, ...model } = decodeModel("baked", bytes);
    expect(initializerValue({ graph, ...model } as ModelProto)).toBe(value);
    expect(graph!.input.map(({ name }) => name)).toEqual(["x", "threshold"]);
    const declared = graph!.input[1];
    expect([declared.type?.tensorType?.elemType, shapeOf(declared)]).toEqual([1, []]);
    expect(graph!.initializer.filter(({ name }) => name === "threshold")).toHaveLength(1);
    expect(new Set(proof.thresholds)).toEqual(new Set([Infinity, -Infinity, value]));
  });

  it("sends all rows to the last exit, or to the first, by policy", async () => {
    for (const [given, exit] of [
      [neverExit, 3],
      [firstExit, 1],
    ] as const) {
      const network = await openedNetwork(inMemory(residual({})));
      const { bytes } = await baked(network, thresholdFile(given));
      const session = await openSession(bytes, "baked", oneThread);
      const answers = await runBaked(session, spreadRows(network, 20), 7);
      expect(answers.map((answer) => answer.exit)).toEqual(Array(20).fill(exit));
      await session.release();
    }
  });
});

describe("what a baked file holds", () => {
  it("the threshold file, the version, the exits and the source, and what the model said of itself", async () => {
    const proto = residual({});
    const note = { $typeName: "onnx.StringStringEntryProto" as const, key: "author", value: "tests" };
    const stale = { $typeName: "onnx.StringStringEntryProto" as const, key: "eexit.threshold", value: "an old one" };
    proto.metadataProps = [note, stale];
    const file = thresholdFile({ threshold: 0.1 });
    const { bytes } = await bakedFrom(proto, file);
    const baked = decodeModel("baked", bytes);
    const metadata = new Map(baked.metadataProps.map(({ key, value }) => [key, value]));
    expect([...metadata.keys()]).toEqual(["author", "eexit.threshold", "eexit.version", "eexit.exits", "eexit.source"]);
    expect(await parseThresholdText("metadata", metadata.get("eexit.threshold")!)).toEqual(file);
    expect(metadata.get("eexit.version")).toBe(tool.version);
    expect(metadata.get("eexit.exits")).toBe("e1,e2,e3");
    expect(metadata.get("eexit.source")).toBe("0".repeat(64));
    expect(baked.producerName).toBe("eexit-test");
  });

  it("three outputs with an open batch", async () => {
    const { proto } = await bakedFrom(residual({}), thresholdFile());
    const outputs = proto.graph!.output.map((output) => [
      output.name,
      output.type?.tensorType?.elemType,
      shapeOf(output),
    ]);
    expect(outputs).toEqual([
      ["logits", 1, ["N", 4]],
      ["exit", 7, ["N"]],
      ["confidence", 1, ["N"]],
    ]);
  });

  it.each(everyForm.filter(([, opset]) => opset === 11 || opset === 21))(
    "%s, operator set %i: standard operators, no If of ours, every name once",
    async (name, opset) => {
      const source = handMade[name]({ opset });
      const exits = (await openedNetwork(inMemory(source))).exits.length;
      const { bytes } = await bakedFrom(source, thresholdFile({ exits }));
      const proto = decodeModel("baked", bytes);
      const { node, initializer, input } = proto.graph!;
      expect(proto.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([["", opset]]);
      const ifs = (nodes: readonly NodeProto[]) => nodes.filter(({ opType }) => opType === "If").length;
      expect(ifs(node)).toBe(ifs(source.graph!.node));
      expect(new Set(node.map(({ domain }) => domain))).toEqual(new Set([""]));
      const tensors = [...node.flatMap(({ output }) => output), ...initializer.map((tensor) => tensor.name)];
      const named = tensors.filter((tensor) => tensor !== "");
      expect(new Set(named).size).toBe(named.length);
      const labels = node.map((one) => one.name).filter((label) => label !== "");
      expect(new Set(labels).size).toBe(labels.length);
      expect(new Set(input.map((one) => one.name)).size).toBe(input.length);
      // ScatterND came with 11; TopK of ours would end the process on an empty batch.
      const operators = (nodes: readonly NodeProto[]) => nodes.filter(({ opType }) => opType === "TopK").length;
      expect(operators(node)).toBe(operators(source.graph!.node));
    },
  );

  it("fields of later versions of the format", async () => {
    const later: UnknownField = { no: 900, wireType: WireType.LengthDelimited, data: Uint8Array.of(3, 97, 98, 99) };
    const proto = residual({});
    for (const message of [proto, proto.graph!, ...proto.graph!.node]) message.$unknown = [later];
    const { bytes } = await bakedFrom(proto, thresholdFile());
    const found = decodeModel("baked", bytes);
    expect([found.$unknown, found.graph!.$unknown]).toEqual([[later], [later]]);
    const kept = found.graph!.node.filter(({ $unknown }) => $unknown !== undefined);
    expect(kept.length).toBe(proto.graph!.node.length);
  });
});

describe("names that the network has too", () => {
  /** The residual network, its tensors, weights and nodes renamed. */
  function renamed(names: Readonly<Record<string, string>>): ModelProto {
    const proto = residual({});
    const graph = proto.graph!;
    const found = new Set<string>();
    const to = (name: string) => {
      if (name in names) found.add(name);
      return names[name] ?? name;
    };
    for (const node of graph.node) {
      node.input = node.input.map(to);
      node.output = node.output.map(to);
      node.name = to(node.name);
    }
    for (const named of [...graph.initializer, ...graph.input, ...graph.output]) named.name = to(named.name);
    expect(found).toEqual(new Set(Object.keys(names)));
    return proto;
  }

  it.each([
    ["hidden tensors", { h1: "logits", h2: "exit", h1_sum: "confidence", h2_sum: "threshold" }],
    ["exits", { e1: "logits", e2: "confidence", e3: "exit" }],
    ["the first exit called exit", { e1: "exit" }],
    ["weights", { h1_sum_w: "logits", h2_sum_w: "exit", e1_b: "confidence", h3_inner_sum_b: "threshold" }],
    ["our prefix", { h1: "eexit/x", h2: "eexit/Softmax_1", h1_sum_w: "eexit2/constant_1" }],
  ])("%s", async (_, names) => {
    await answersLikeTheTwin(renamed(names));
  });

  it("names of nodes alone", async () => {
    const proto = residual({});
    for (const [index, name] of ["logits", "exit", "confidence", "eexit/Softmax_2", "eexit/Greater_3"].entries())
      proto.graph!.node[index].name = name;
    await answersLikeTheTwin(proto);
  });

  it("tensors inside a subgraph", async () => {
    const m = new ModelWriter({});
    const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
    m.exit("e1", h1, 8);
    const rows = m.node("rows", "Gather", [m.node("size", "Shape", [h1]), m.ints("zero", 0)], { axis: 0 });
    const some = m.node("some", "Greater", [rows, "zero"]);
    const branch = (operator: string, inner: string) =>
      makeGraph(
        operator,
        [makeNode(operator, [h1], [inner]), makeNode("Neg", [inner], [`${inner}/negative`])],
        [],
        [declareValue(`${inner}/negative`, 1, null)],
      );
    const h2 = m.node("h2", "If", [some], {
      then_branch: branch("Tanh", "logits"),
      else_branch: branch("Abs", "eexit/x"),
    });
    m.exit("e2", h2, 8);
    m.exit("e3", m.layer("h3", h2, 8, 8), 8);
    await answersLikeTheTwin(m.model());
  });

  it.each(["logits", "exit", "confidence", "threshold"])("an input called %s is refused", async (name) => {
    await expect(bakedFrom(renamed({ x: name }), thresholdFile())).rejects.toMatchObject({
      code: "bake-unsupported",
      message: expect.stringContaining(`its input is called ${name}`),
      hint: expect.stringContaining("input_names"),
    });
  });
});

describe("nested If nodes", () => {
  it("answer one row at a time as the twin does, and refuse more", async () => {
    for (const [name, opset] of [
      ["residual", 11],
      ["dense", 17],
      ["cumulative logits", 13],
      ["shared shape", 17],
      ["merged rows", 17],
      ["late input", 21],
      ["top k", 11],
      ["subgraphs", 17],
      ["weights as inputs", 13],
    ] as const) {
      const proto = handMade[name]({ opset });
      const { network, rows, twin, threshold } = await besideTwin(proto, 25);
      const { proto: nested, proof } = await baked(
        network,
        thresholdFile({ exits: network.exits.length, threshold }),
        true,
      );
      expect(proof.batchSizes).toEqual([1]);
      const depth = (nodes: readonly NodeProto[]): number =>
        Math.max(
          0,
          ...nodes.map((node) =>
            node.opType !== "If" || !node.name.startsWith("eexit/")
              ? 0
              : 1 + Math.max(...subgraphsOf(node).map((graph) => depth(graph.node))),
          ),
        );
      expect(depth(nested.graph!.node)).toBe(network.exits.length - 1);
      for (const value of [...network.graph.inputs, ...nested.graph!.output]) {
        const declared = [...nested.graph!.input, ...nested.graph!.output].find((one) => one.name === value.name)!;
        expect(shapeOf(declared)![0]).toBe(1);
      }
      for (const at of [threshold, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const session = await openBaked(nested, at);
        compareWithTwin(await runBaked(session, rows, 1), twin, at);
        await expect(session.run(rows)).rejects.toMatchObject({ code: "model-failed" });
        await session.release();
      }
    }
  });

  it("keep the threshold overridable and the file's text", async () => {
    const { proto } = await bakedFrom(residual({}), thresholdFile({ threshold: 0.7 }), {}, true);
    expect(initializerValue(proto)).toBe(Math.fround(0.7));
    expect(proto.graph!.input.map(({ name }) => name)).toEqual(["x", "threshold"]);
    expect(proto.metadataProps.map(({ key }) => key)).toContain("eexit.threshold");
  });
});

it("operator sets before 11 are refused, which have no ScatterND", async () => {
  const proto = residual({ opset: 10 });
  proto.irVersion = 5n;
  await expect(bakedFrom(proto, thresholdFile())).rejects.toMatchObject({
    code: "bake-unsupported",
    message: expect.stringContaining("operator set 10, expected at least 11"),
    hint: expect.stringContaining("eexit infer"),
  });
});
