import { describe, expect, it } from "vitest";
import type { ThresholdFile } from "../../src/control/threshold-file.ts";
import type { ProbeRows } from "../../src/onnx/graph/probe-inputs.ts";
import type { ModelProto } from "../../src/onnx/proto/onnx-pb.ts";
import { openSession } from "../../src/onnx/session.ts";
import {
  baked,
  bakedFrom,
  besideTwin,
  compareWithTwin,
  floatMargins,
  halfMargins,
  type Measure,
  ofProbabilities,
  oneThread,
  openBaked,
  openedNetwork,
  runBaked,
  softmax,
  spreadRows,
} from "../support/onnx-bake.ts";
import { type BuildOptions, bytesOf, inMemory, ModelWriter } from "../support/onnx-graphs.ts";
import { thresholdFile } from "../support/threshold-files.ts";
import { residual } from "./models/dense-layers.ts";

const [classes, height, width] = [4, 6, 5];
type MeasureName = keyof typeof ofProbabilities;

/** Three exits with one prediction per pixel, from convolutions. */
function pixelExits(options: BuildOptions, probabilities = false): ModelProto {
  const m = new ModelWriter(options);
  let h = m.input("x", ["N", 3, height, width]);
  for (const stage of [1, 2, 3]) {
    const from = stage === 1 ? 3 : 6;
    h = m.node(`h${stage}`, "Relu", [
      m.node(`s${stage}`, "Conv", [h, m.weight(`w${stage}`, [6, from, 1, 1])], { kernel_shape: [1, 1] }),
    ]);
    const logits = m.node(`l${stage}`, "Conv", [h, m.weight(`v${stage}`, [classes, 6, 1, 1])]);
    const exit = probabilities ? normalised(m, logits, stage) : m.node(`e${stage}`, "Identity", [logits]);
    m.output(exit, ["N", classes, height, width]);
  }
  return m.model();
}

/** Softmax over the classes by hand: before operator set 13 the operator itself would take the pixels in too. */
function normalised(m: ModelWriter, logits: string, stage: number): string {
  const terms = m.node(`t${stage}`, "Exp", [logits]);
  return m.node(`e${stage}`, "Div", [terms, m.reduce("ReduceSum", `sum${stage}`, terms, [1], 1)]);
}

/** The residual network with probabilities as its exits. */
function probabilityExits(options: BuildOptions): ModelProto {
  const m = new ModelWriter(options);
  let h = m.input("x", ["N", 6]);
  for (const stage of [1, 2, 3]) {
    h = m.layer(`h${stage}`, h, stage === 1 ? 6 : 8, 8);
    const logits = m.linear(`l${stage}`, h, 8, 4, 2);
    m.output(m.node(`e${stage}`, "Softmax", [logits], { axis: 1 }), ["N", 4]);
  }
  return m.model();
}

/** Heads that were trained to tell how certain they are: one of the shape [N, 1], one [N]. */
function ownConfidences(options: BuildOptions): ModelProto {
  const m = new ModelWriter(options);
  let h = m.input("x", ["N", 6]);
  for (const stage of [1, 2, 3]) {
    h = m.layer(`h${stage}`, h, stage === 1 ? 6 : 8, 8);
    m.exit(`e${stage}`, h, 8);
    if (stage === 3) break;
    const certain = m.node(`c${stage}`, "Sigmoid", [m.linear(`q${stage}`, h, 8, 1)]);
    if (stage === 1) m.output(certain, ["N", 1]);
    else m.output(m.squeeze("c2_flat", certain, [1]), ["N"]);
  }
  return m.model();
}

/** Images from faint to strong: the mean over many pixels would hardly differ between equal ones. */
function faintToStrong(rows: ProbeRows): ProbeRows {
  return new Map(
    Array.from(rows, ([name, values]) => {
      const size = values.data.length / values.dims[0];
      if (!(values.data instanceof Float32Array) || values.dims.length < 4) return [name, values];
      return [name, { ...values, data: values.data.map((value, at) => (value * (1 + Math.floor(at / size))) / 25) }];
    }),
  );
}

/** Runs the baked model with the threshold in the middle, and never and always, at three batch sizes. */
async function compare(
  proto: ModelProto,
  given: Partial<ThresholdFile>,
  measure: Measure,
  outputs: { exits?: string[]; confidences?: string[] } = {},
  margins = floatMargins,
) {
  const beside = await besideTwin(proto, 50, { ...outputs, measure, vary: faintToStrong });
  const { network, rows, twin, threshold: middle } = beside;
  const found = await baked(network, thresholdFile({ ...given, threshold: middle }));
  for (const threshold of [middle, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const session = await openBaked(found.proto, threshold);
    for (const size of [1, 7, 64]) {
      const counts = compareWithTwin(await runBaked(session, rows, size), twin, threshold, margins);
      if (threshold !== middle) expect(counts[threshold > 0 ? 2 : 0]).toBe(50);
      else expect(Math.min(counts[0], counts[2])).toBeGreaterThan(3);
    }
    await session.release();
  }
}

const measures = Object.keys(ofProbabilities) as MeasureName[];
const measuresAt = measures.flatMap((measure) => [11, 17].map((opset) => [measure, opset] as const));

/** The pixels of one row: [C, H·W] → a measure per pixel. */
function perPixel(values: readonly number[], name: MeasureName, probabilities: boolean): number[] {
  const count = height * width;
  return Array.from({ length: count }, (_, pixel) => {
    const column = Array.from({ length: classes }, (_, label) => values[label * count + pixel]);
    return ofProbabilities[name](probabilities ? column : softmax(column));
  });
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** The smallest mean of the windows of size × size that lie inside. */
function smallestWindow(pixels: readonly number[], size: number): number {
  const means: number[] = [];
  for (let top = 0; top + size <= height; top++) {
    for (let left = 0; left + size <= width; left++) {
      const window = Array.from({ length: size * size }, (_, at) => {
        const [row, column] = [Math.floor(at / size), at % size];
        return pixels[(top + row) * width + left + column];
      });
      means.push(mean(window));
    }
  }
  return Math.min(...means);
}

describe("the confidence in a baked model", () => {
  it.each(measuresAt)("%s of logits, operator set %i", async (name, opset) => {
    const measure: Measure = (logits) => ofProbabilities[name](softmax(logits));
    await compare(residual({ opset }), { confidence: name }, measure);
    await compare(residual({ opset, float16: true }), { confidence: name }, measure, {}, halfMargins);
  });

  it.each(measuresAt)("%s of probabilities, operator set %i", async (name, opset) => {
    const given = { confidence: name, inputValues: "probs" } as const;
    await compare(probabilityExits({ opset }), given, (p) => ofProbabilities[name](p));
  });

  it.each([11, 17])("per pixel and aggregated, operator set %i", async (opset) => {
    for (const name of ["top1", "entropy"] as const) {
      await compare(pixelExits({ opset }), { confidence: `${name}@mean` }, (values) =>
        mean(perPixel(values, name, false)),
      );
    }
    const patch: Measure = (values) => smallestWindow(perPixel(values, "top-diff", false), 3);
    await compare(pixelExits({ opset }), { confidence: "top-diff@patch:3" }, patch);
    // A window of one pixel, and of the whole width.
    await compare(pixelExits({ opset }), { confidence: "top1@patch:1" }, (values) =>
      Math.min(...perPixel(values, "top1", false)),
    );
    await compare(pixelExits({ opset }), { confidence: "top1@patch:5" }, (values) =>
      smallestWindow(perPixel(values, "top1", false), 5),
    );
  });

  it.each([11, 17])("per pixel from probabilities, operator set %i", async (opset) => {
    const given = (confidence: string) => ({ confidence, inputValues: "probs" }) as const;
    await compare(pixelExits({ opset }, true), given("entropy@mean"), (p) => mean(perPixel(p, "entropy", true)));
    await compare(pixelExits({ opset }, true), given("top-diff@mean"), (p) => mean(perPixel(p, "top-diff", true)));
  });

  it.each([11, 17])("from the model's own outputs, operator set %i: NaN at the last exit", async (opset) => {
    const proto = ownConfidences({ opset });
    const outputs = { exits: ["e1", "e2", "e3"], confidences: ["c1", "c2_flat"] };
    const network = await openedNetwork(inMemory(proto), outputs);
    const rows = spreadRows(network, 50);
    const whole = await openSession(bytesOf(proto), "m", oneThread);
    const own = await whole.run(rows, outputs.confidences);
    await whole.release();
    const measure: Measure = (_, row, exit) =>
      exit === 2 ? Number.NaN : Number(own.get(outputs.confidences[exit])!.data[row]);
    await compare(proto, { confidence: "learned" }, measure, outputs);
  });

  it.each([11, 17])("must be strictly above the threshold, operator set %i", async (opset) => {
    // The model hands on its first two features as confidences, so that equality can be had.
    const m = new ModelWriter({ opset });
    const x = m.input("x", ["N", 6]);
    m.exit("e1", m.layer("h1", x, 6, 8), 8);
    m.output(m.node("c1", "Gather", [x, m.ints("zero", 0)], { axis: 1 }), ["N"]);
    m.exit("e2", m.layer("h2", "h1", 8, 8), 8);
    m.output(m.node("c2", "Gather", [x, m.ints("one", [1])], { axis: 1 }), ["N", 1]);
    m.exit("e3", m.layer("h3", "h2", 8, 8), 8);
    const outputs = { exits: ["e1", "e2", "e3"], confidences: ["c1", "c2"] };
    const network = await openedNetwork(inMemory(m.model()), outputs);
    const [half, above, below] = [0.5, 0.5 + 2 ** -24, 0.5 - 2 ** -25];
    const cases = [
      [half, half, 3],
      [above, half, 1],
      [half, above, 2],
      [below, below, 3],
      [below, 1, 2],
      [1, 0, 1],
    ];
    const data = Float32Array.from(cases.flatMap(([first, second]) => [first, second, 1, -1, 2, 0.5]));
    const rows = new Map([["x", { type: "float32" as const, data, dims: [cases.length, 6] }]]);
    for (const nested of [false, true]) {
      const { bytes } = await baked(network, thresholdFile({ confidence: "learned", threshold: 0.5 }), nested);
      const session = await openSession(bytes, "baked", oneThread);
      const answers = await runBaked(session, rows, nested ? 1 : cases.length);
      expect(answers.map(({ exit }) => exit)).toEqual(cases.map(([, , exit]) => exit));
      await session.release();
    }
  });

  it("cannot be a quantile, and the answer names what can be", async () => {
    for (const confidence of ["top1@quantile:0.25", "entropy@patch:3:0.1"]) {
      await expect(bakedFrom(pixelExits({}), thresholdFile({ confidence }))).rejects.toMatchObject({
        code: "bake-unsupported",
        message: expect.stringContaining(`confidence ${confidence}: a quantile needs a sort`),
        hint: expect.stringContaining("top1@mean"),
      });
    }
  });

  it("cannot be a patch larger than the output, or one number per pixel", async () => {
    await expect(bakedFrom(pixelExits({}), thresholdFile({ confidence: "top1@patch:6" }))).rejects.toMatchObject({
      code: "bake-unsupported",
      message: expect.stringContaining("6 × 5 pixels"),
    });
    await expect(bakedFrom(pixelExits({}), thresholdFile({ confidence: "top1" }))).rejects.toMatchObject({
      code: "bake-unsupported",
      message: expect.stringContaining("expected top1@mean"),
    });
  });
});
