import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { create, fromBinary, type UnknownField } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { randomRows } from "../../src/onnx/graph/probe-inputs.ts";
import { stageModel } from "../../src/onnx/graph/stage-model.ts";
import { type Model, modelBytes, opsetOf, readModel } from "../../src/onnx/model.ts";
import { openNetwork } from "../../src/onnx/network.ts";
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-pb.ts";
import { proveStages } from "../../src/onnx/prove-stages.ts";
import { loadStages } from "../../src/onnx/run/staged-network.ts";
import { defaultSession, openSession } from "../../src/onnx/session.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { answersOf } from "../support/onnx-twin.ts";
import { scratchFolder } from "../support/scratch.ts";
import { residual } from "./models/dense-layers.ts";

const scratch = scratchFolder();
const asked = { exits: null, confidenceOutputs: null, rows: null, seed: 3 };
const sha256 = (...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/** Moves the weights of a model into a file beside it, each at a multiple of 64 bytes, the last without a length. */
function externalise(proto: ModelProto, location: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  const entry = (key: string, value: string | number) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) });
  const { initializer } = proto.graph!;
  for (const [index, tensor] of initializer.entries()) {
    const { length } = tensor.rawData;
    const isLast = index === initializer.length - 1;
    const padded = isLast ? length : Math.ceil(length / 64) * 64;
    const piece = new Uint8Array(padded);
    piece.set(tensor.rawData);
    pieces.push(piece);
    tensor.externalData = [entry("location", location), entry("offset", offset)];
    if (!isLast) tensor.externalData.push(entry("length", length));
    tensor.dataLocation = 1;
    tensor.rawData = new Uint8Array(0);
    offset += padded;
  }
  return Buffer.concat(pieces);
}

describe("a model file", () => {
  it("with its weights in a file beside it is the same model", async () => {
    const inside = readModel(scratch.write("inside.onnx", bytesOf(residual({}))));
    const proto = residual({});
    const data = externalise(proto, "weights/outside.data");
    mkdirSync(scratch.path("weights"));
    scratch.write("weights/outside.data", data);
    const path = scratch.write("outside.onnx", bytesOf(proto));
    const model = readModel(path);
    const weightsOf = (read: Model) =>
      read.graph.initializer.map(({ name, dims, rawData }) => [name, dims, Array.from(rawData)]);
    expect(weightsOf(model)).toEqual(weightsOf(inside));

    // Read from the path, the runtime finds the data file by itself: our reading must be the same.
    const network = await openNetwork(model, asked);
    const whole = await openSession(path, path);
    const staged = await loadStages(network, defaultSession);
    expect((await proveStages(whole, staged, network.probe, 4, 5)).largestDifference).toBeLessThan(2e-5);
    const rows = randomRows(network.graph, 20, 1);
    const other = await openSession(modelBytes("inside", inside.proto), "inside");
    expect(await answersOf(whole, rows, network.exits)).toEqual(await answersOf(other, rows, network.exits));

    // Another weight is another model, though the .onnx file is the same.
    data[0] ^= 1;
    scratch.write("weights/outside.data", data);
    expect(readModel(path).sha256).not.toBe(model.sha256);
  });

  it("is identified by its bytes", () => {
    const bytes = bytesOf(residual({}));
    expect(readModel(scratch.write("one.onnx", bytes)).sha256).toBe(sha256(bytes));
  });

  it.each([7, 26])("of operator set %i, the oldest or newest, is opened and run", async (opset) => {
    const model = readModel(scratch.write(`opset${opset}.onnx`, bytesOf(residual({ opset }))));
    expect(opsetOf(model.proto)).toBe(opset);
    const network = await openNetwork(model, asked);
    const staged = await loadStages(network, defaultSession);
    const whole = await openSession(modelBytes("whole", model.proto), "whole");
    expect((await proveStages(whole, staged, network.probe, 2, 5)).largestDifference).toBeLessThan(2e-5);
  });

  it("may take longer sequences than it was probed with", async () => {
    const { sequence } = await import("./models/layouts.ts");
    const model = readModel(scratch.write("sequence.onnx", bytesOf(sequence({}))));
    const network = await openNetwork(model, asked);
    const staged = await loadStages(network, defaultSession);
    const whole = await openSession(modelBytes("whole", model.proto), "whole");
    const rows = randomRows(network.graph, 16, 1);
    const { data } = rows.get("x")!;
    // 16 sequences of 8 words become 8 of 16 and 32 of 4.
    for (const [count, words] of [
      [8, 16],
      [32, 4],
    ]) {
      const probe = new Map([["x", { type: "float32" as const, data, dims: [count, words, 6] }]]);
      expect((await proveStages(whole, staged, probe, 4, 5)).largestDifference).toBeLessThan(2e-5);
    }
  });
});

describe("what this version of the format does not know", () => {
  // Field 900 holds a text that nobody here can read.
  const later: UnknownField = { no: 900, wireType: WireType.LengthDelimited, data: Uint8Array.of(3, 97, 98, 99) };
  const places = (proto: ModelProto) => [
    proto,
    proto.graph!,
    ...proto.graph!.node,
    ...proto.graph!.initializer,
    ...proto.graph!.input,
    ...proto.graph!.node.flatMap(({ attribute }) => attribute),
  ];

  it("is still there in the model and in its stages", async () => {
    const proto = residual({});
    for (const message of places(proto)) message.$unknown = [later];
    const bytes = bytesOf(proto);
    const model = readModel(scratch.write("later.onnx", bytes));
    expect(Buffer.from(modelBytes("later", model.proto)).equals(bytes)).toBe(true);
    const network = await openNetwork(model, asked);
    for (const stage of [0, 1, 2]) {
      const part = fromBinary(ModelProtoSchema, modelBytes("stage", stageModel(network, stage)));
      const kept = part.graph!;
      for (const message of [part, kept, ...kept.node, ...kept.initializer]) expect(message.$unknown).toEqual([later]);
      expect([part.producerName, part.irVersion, opsetOf(part)]).toEqual(["eexit-test", 8n, 17]);
    }
    const staged = await loadStages(network, defaultSession);
    const whole = await openSession(bytes, "whole");
    expect((await proveStages(whole, staged, network.probe, 2, 5)).largestDifference).toBeLessThan(2e-5);
  });

  it("may be functions: a stage that calls one brings it along", async () => {
    const proto = residual({});
    const { graph } = proto;
    // The last layer's Relu is now a function of the model's own, which calls Relu.
    const relu = graph!.node.find(({ name }) => name === "h3_inner")!;
    relu.opType = "OwnRelu";
    relu.domain = "own";
    const text = (field: number, value: string) => (writer: BinaryWriter) =>
      writer.tag(field, WireType.LengthDelimited).string(value);
    const inner = (field: number, parts: ((writer: BinaryWriter) => BinaryWriter)[]) => (writer: BinaryWriter) => {
      writer.tag(field, WireType.LengthDelimited).fork();
      for (const part of parts) part(writer);
      return writer.join();
    };
    const version = (number: number) => (writer: BinaryWriter) => writer.tag(2, WireType.Varint).int64(number);
    // FunctionProto: name, input, output, node { input, output, op_type }, opset_import, domain.
    const node = inner(7, [text(1, "a"), text(2, "b"), text(4, "Relu")]);
    const writer = new BinaryWriter().fork();
    for (const part of [text(1, "OwnRelu"), text(4, "a"), text(5, "b"), node]) part(writer);
    inner(9, [version(17)])(writer);
    text(10, "own")(writer);
    const data = writer.join().finish();
    const own = inner(8, [text(1, "own"), version(1)])(new BinaryWriter()).finish();
    proto.$unknown = [{ no: 25, wireType: WireType.LengthDelimited, data }];
    const bytes = Buffer.concat([bytesOf(proto), own]);

    const model = readModel(scratch.write("function.onnx", bytes));
    const network = await openNetwork(model, asked);
    const staged = await loadStages(network, defaultSession);
    const whole = await openSession(bytes, "whole");
    const plain = await openSession(bytesOf(residual({})), "plain");
    expect((await proveStages(whole, staged, network.probe, 2, 5)).largestDifference).toBeLessThan(2e-5);
    expect((await proveStages(plain, staged, network.probe, 2, 5)).largestDifference).toBeLessThan(2e-5);
  });
});
