import { describe, expect, it } from "vitest";
import { batchAxisOf } from "../../src/onnx/graph/observe.ts";
import type { Values } from "../../src/onnx/session.ts";

const filled = (dims: readonly number[], value: number): Values => ({
  type: "float32",
  data: new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(value),
  dims,
});
/** What is said of a tensor that had one shape for 3 rows and another for 5. */
const axisOf = (three: readonly number[], five: readonly number[], last = 1) =>
  batchAxisOf({ three: filled(three, 1), five: filled(five, last) });

describe("the batch axis of a tensor, seen with 3 and with 5 rows", () => {
  it("is the one that has 3 and 5 entries, whatever else is 3 or 5 long", () => {
    expect(axisOf([3, 8], [5, 8])).toBe(0);
    expect(axisOf([3, 3, 5], [3, 5, 5])).toBe(1);
    expect(axisOf([5, 3, 3], [5, 3, 5])).toBe(2);
    expect(axisOf([3], [5])).toBe(0);
  });

  it("is none where nothing depends on the batch, NaN included", () => {
    expect(axisOf([4, 8], [4, 8])).toBeNull();
    expect(axisOf([], [])).toBeNull();
    expect(batchAxisOf({ three: filled([2], Number.NaN), five: filled([2], Number.NaN) })).toBeNull();
  });

  it("cannot be told elsewhere, and the reason is given", () => {
    expect(axisOf([4, 8], [4, 8], 2)).toBe("all rows of the batch are mixed in it");
    expect(axisOf([3, 8], [5, 8, 1])).toBe("its rank changes with the batch");
    expect(axisOf([3, 3], [5, 5])).toBe("its axes 0 and 1 change with the batch");
    expect(axisOf([2, 24], [2, 40])).toBe("its axis 1 has 24 entries for 3 rows");
    // As many entries as rows, but not in the same direction.
    expect(axisOf([5, 2], [3, 2])).toBe("its axis 0 has 5 entries for 3 rows");
  });
});
