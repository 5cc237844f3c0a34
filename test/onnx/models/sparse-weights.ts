import { create } from "@bufbuild/protobuf";
import { intTensor } from "../../../src/onnx/graph/build.ts";
import { type ModelProto, SparseTensorProtoSchema, type TensorProto } from "../../../src/onnx/proto/onnx-pb.ts";
import { residual } from "./dense-layers.ts";

/** The residual network with some of its weights written as sparse tensors, all their entries in their order, and renamed. */
export function sparseResidual(names: Readonly<Record<string, string>>): ModelProto {
  const proto = residual({});
  const graph = proto.graph!;
  const to = (name: string) => names[name] ?? name;
  for (const node of graph.node) node.input = node.input.map(to);
  const chosen = graph.initializer.filter(({ name }) => name in names);
  if (chosen.length !== Object.keys(names).length) throw new Error(`found ${chosen.map(({ name }) => name)} only`);
  graph.initializer = graph.initializer.filter(({ name }) => !(name in names));
  graph.sparseInitializer = chosen.map((tensor) => sparseTensor({ ...tensor, name: to(tensor.name) }));
  return proto;
}

function sparseTensor(tensor: TensorProto) {
  const count = tensor.dims.reduce((product, size) => product * Number(size), 1);
  const indices = intTensor(
    "",
    [count],
    Array.from({ length: count }, (_, k) => k),
  );
  return create(SparseTensorProtoSchema, { values: { ...tensor, dims: [BigInt(count)] }, indices, dims: tensor.dims });
}
