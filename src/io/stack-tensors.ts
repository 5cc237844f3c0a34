import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { elementBytes, type Tensor } from "./tensor.ts";

/** Nobody has this many exits; a pickle can name the same array any number of times. */
const mostTensors = 4096;

/**
 * One array `[tensors.length, ...shape]` out of equal ones that lie in different places; nothing is read or copied.
 * @throws EexitError `shape-mismatch` when shape, element type, byte order or memory layout differ
 */
export function stackTensors(name: string, tensors: readonly Tensor[]): Tensor {
  const first = tensors[0];
  const layoutOf = ({ shape, type, littleEndian, strides }: Tensor) =>
    JSON.stringify([shape, type, littleEndian, strides]);
  const odd = tensors.findIndex((tensor) => layoutOf(tensor) !== layoutOf(first));
  if (odd > 0 || tensors.length > mostTensors) {
    const found =
      odd > 0
        ? `${tensors[odd].type} [${tensors[odd].shape}] after ${first.type} [${first.shape}]`
        : `${tensors.length} arrays`;
    throw new EexitError(
      "shape-mismatch",
      `${name}: lists ${found}, expected one array per exit, all of one shape, type and memory layout`,
      "save one array: np.stack(list_of_arrays)",
    );
  }
  const size = elementBytes[first.type];
  const isEmpty = first.shape.includes(0);
  const span = isEmpty ? 0 : first.shape.reduce((end, length, axis) => end + (length - 1) * first.strides[axis], 1);
  const bytes = joinedSource(name, tensors, span * size);
  return {
    ...first,
    name,
    shape: [tensors.length, ...first.shape],
    strides: [span, ...first.strides],
    bytes,
    offset: 0,
  };
}

/** The bytes of equally long ranges one after the other. */
function joinedSource(name: string, tensors: readonly Tensor[], size: number): ByteSource {
  return {
    name,
    size: size * tensors.length,
    read(position, length, buffer) {
      const index = size === 0 ? 0 : Math.min(tensors.length - 1, Math.floor(position / size));
      const within = position - index * size;
      const { bytes, offset } = tensors[index];
      if (within + length <= size) return bytes.read(offset + within, length, buffer);
      const joined = buffer ? buffer.subarray(0, length) : new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const [from, at] = [tensors[Math.floor((position + done) / size)], (position + done) % size];
        const count = Math.min(length - done, size - at);
        joined.set(from.bytes.read(from.offset + at, count), done);
        done += count;
      }
      return joined;
    },
    shareable: tensors.every(({ bytes }) => bytes.shareable),
    ahead: null,
    close() {},
  };
}
