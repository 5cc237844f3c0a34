import type { Floats } from "../exits/types.ts";
import { memorySource } from "./byte-source.ts";
import { hostLittleEndian } from "./decode-elements.ts";
import { packedStrides, type Tensor } from "./tensor.ts";

/** An array that is in memory already, in C order, as the readers of files know it; nothing is copied. */
export function memoryTensor(name: string, shape: readonly number[], values: Floats): Tensor {
  return {
    name,
    type: values instanceof Float32Array ? "float32" : "float64",
    littleEndian: hostLittleEndian,
    shape,
    strides: packedStrides(shape),
    bytes: memorySource(name, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    offset: 0,
  };
}
