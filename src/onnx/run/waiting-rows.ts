import { EexitError } from "../../errors.ts";
import type { LiveTensor } from "../network.ts";
import { type Elements, newElements, type Values } from "../session.ts";
import { product } from "./rows.ts";

/**
 * The rows of one live tensor that wait for a stage, gathered straight into one buffer that is used again from batch to batch:
 * a fresh array per gather and per batch would cost more page faults than the copy itself.
 *
 * Rows lie one after the other whatever the axis of the tensor; along the first axis a batch is then a view.
 */
export class WaitingRows {
  readonly #tensor: LiveTensor;
  readonly #axis: number;
  #buffer: Elements;
  /** Shape of the tensor with one row, known from the first rows on. */
  #rowDims: readonly number[] = [];
  #count = 0;

  /** @param tensor one with a batch axis */
  constructor(tensor: LiveTensor) {
    this.#tensor = tensor;
    this.#axis = tensor.axis!;
    this.#buffer = newElements(tensor.type, 0);
  }

  /** Copies the given rows of a tensor behind those that wait. @throws model-failed when they have another shape */
  append(values: Values, rows: readonly number[]): void {
    const { data, dims } = values;
    const rowDims = dims.with(this.#axis, 1);
    if (this.#count === 0) this.#rowDims = rowDims;
    else if (rowDims.some((size, axis) => size !== this.#rowDims[axis])) throw this.#otherShape(rowDims);
    const outer = product(dims.slice(0, this.#axis));
    const inner = product(dims.slice(this.#axis + 1));
    this.#reserve((this.#count + rows.length) * outer * inner);
    let at = this.#count * outer * inner;
    for (let first = 0; first < rows.length; ) {
      // neighbours along the first axis are copied together
      let length = 1;
      while (outer === 1 && rows[first + length] === rows[first] + length) length++;
      for (let o = 0; o < outer; o++) {
        const from = (o * dims[this.#axis] + rows[first]) * inner;
        this.#buffer.set(data.subarray(from, from + length * inner) as never, at);
        at += length * inner;
      }
      first += length;
    }
    this.#count += rows.length;
  }

  /** The first `count` rows as a tensor; a view into the buffer where it can be one, valid until they are dropped. */
  first(count: number): Values {
    const outer = product(this.#rowDims.slice(0, this.#axis));
    const inner = product(this.#rowDims.slice(this.#axis + 1));
    const dims = this.#rowDims.with(this.#axis, count);
    const rows = this.#buffer.subarray(0, count * outer * inner) as Elements;
    if (outer === 1) return { type: this.#tensor.type, data: rows, dims };
    const data = newElements(this.#tensor.type, rows.length);
    for (let row = 0; row < count; row++) {
      for (let o = 0; o < outer; o++) {
        const from = (row * outer + o) * inner;
        data.set(rows.subarray(from, from + inner) as never, (o * count + row) * inner);
      }
    }
    return { type: this.#tensor.type, data, dims };
  }

  drop(count: number): void {
    const size = product(this.#rowDims);
    this.#buffer.copyWithin(0, count * size, this.#count * size);
    this.#count -= count;
  }

  /** Doubling, so that the waiting rows of a run are copied to a larger buffer a few times at most. */
  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = newElements(this.#tensor.type, Math.max(length, 2 * this.#buffer.length));
    larger.set(this.#buffer as never);
    this.#buffer = larger;
  }

  #otherShape(rowDims: readonly number[]): EexitError {
    const { name } = this.#tensor;
    return new EexitError(
      "model-failed",
      `${name}: rows of shape [${rowDims.join(", ")}] after rows of shape [${this.#rowDims.join(", ")}], expected one shape`,
      "a tensor whose size depends on the values of its batch cannot be carried from stage to stage",
    );
  }
}
