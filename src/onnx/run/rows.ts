import { type Elements, newElements, type Values } from "../session.ts";

/**
 * The given rows (0-based, in that order, repeats allowed) along one axis. A run of consecutive rows of the first axis is a view.
 */
export function gatherRows(values: Values, rows: readonly number[], axis = 0): Values {
  const { type, data, dims } = values;
  const outer = product(dims.slice(0, axis));
  const inner = product(dims.slice(axis + 1));
  const size = dims[axis];
  const shape = dims.with(axis, rows.length);
  if (axis === 0 && isRun(rows)) {
    const start = (rows[0] ?? 0) * inner;
    return { type, data: data.subarray(start, start + rows.length * inner) as Elements, dims: shape };
  }
  const result = newElements(type, outer * rows.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const row of rows) {
      const from = (o * size + row) * inner;
      result.set(data.subarray(from, from + inner) as never, at);
      at += inner;
    }
  }
  return { type, data: result, dims: shape };
}

function isRun(rows: readonly number[]): boolean {
  return rows.every((row, index) => row === rows[0] + index);
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}
