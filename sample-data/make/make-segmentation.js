// Writes sample-data/tasks/segmentation/model.onnx from the weights that train/scenes.py left.
// usage, from the root of the repository: npm run build && node sample-data/make/make-segmentation.js WEIGHTS.npz OUT.onnx
import { readFileSync, writeFileSync } from "node:fs";
import { create, toBinary } from "@bufbuild/protobuf";
import { memorySource } from "../../dist/src/io/byte-source.js";
import { openNpz } from "../../dist/src/io/npz.js";
import { readFloatRows } from "../../dist/src/io/read-rows.js";
import { floatTensor, makeModel, makeNode } from "../../dist/src/onnx/graph/build.js";
import { declareValue } from "../../dist/src/onnx/graph/value-types.js";
import { ModelProtoSchema } from "../../dist/src/onnx/proto/onnx-pb.js";

const [weights, target] = process.argv.slice(2);
const dilations = [1, 2, 2, 2];
const classCount = 11;

const [part] = openNpz(memorySource(weights, readFileSync(weights))).parts();
const array = (name) => {
  const tensor = part.get(name);
  return { shape: tensor.shape, values: readFloatRows(tensor, 0, tensor.shape[0]) };
};

/** [taps · in, out] as trained → [out, in, k, k] as ONNX wants it. */
function kernel(name, taps) {
  const { shape, values } = array(name);
  const [inputs, outputs] = [shape[0] / taps, shape[1]];
  const turned = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        turned[(o * inputs + i) * taps + tap] = values[(tap * inputs + i) * outputs + o];
  const side = Math.sqrt(taps);
  return floatTensor(name, [outputs, inputs, side, side], turned);
}

const initializer = [floatTensor("grey_levels", [], [16])];
const node = [makeNode("Div", ["scene", "grey_levels"], ["stage_0"])];
const output = [];
dilations.forEach((d, index) => {
  const k = index + 1;
  for (const [name, taps] of [
    [`stage_${k}`, 9],
    [`head_${k}`, 1],
  ]) {
    const bias = array(`${name}_bias`);
    initializer.push(
      { ...kernel(name, taps), name: `${name}_weights` },
      floatTensor(`${name}_bias`, bias.shape, bias.values),
    );
  }
  const stage = { kernel_shape: [3, 3], pads: [d, d, d, d], dilations: [d, d] };
  node.push(
    makeNode("Conv", [`stage_${k - 1}`, `stage_${k}_weights`, `stage_${k}_bias`], [`conv_${k}`], stage),
    makeNode("Relu", [`conv_${k}`], [`stage_${k}`]),
    makeNode("Conv", [`stage_${k}`, `head_${k}_weights`, `head_${k}_bias`], [`exit_${k}`], { kernel_shape: [1, 1] }),
  );
  output.push(declareValue(`exit_${k}`, 1, ["N", classCount, 16, 24]));
});
const input = [declareValue("scene", 1, ["N", 1, 16, 24])];
const model = makeModel({ name: "digit_scenes", node, initializer, input, output }, 13, 8);
writeFileSync(target, toBinary(ModelProtoSchema, create(ModelProtoSchema, model)));
