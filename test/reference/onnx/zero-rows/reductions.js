// Reductions over axes other than the batch.

const operators =
  "ReduceMax ReduceMin ReduceMean ReduceSum ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare".split(
    " ",
  );
/** Shapes with the axes to reduce. */
const uses = [
  [["n", 8], [1]],
  [["n", 8], [-1]],
  [["n", 5, 8], [2]],
  [["n", 5, 8], [1]],
  [
    ["n", 5, 8],
    [1, 2],
  ],
  [
    ["n", 8, 6, 6],
    [2, 3],
  ],
  [["n", 8, 6, 6], [1]],
  [
    ["n", 8, 6, 6],
    [1, 3],
  ],
  [
    ["n", 8, 6, 6],
    [1, 2, 3],
  ],
  [
    ["n", 8, 6, 6],
    [-2, -1],
  ],
  [[5, "n", 8], [0]],
  [
    [5, "n", 8],
    [0, 2],
  ],
  [[5, "n", 8], [-1]],
];

export function reductionTrials() {
  return [
    ...operators.flatMap((subject) =>
      uses.flatMap(([dims, axes]) =>
        [0, 1].flatMap((keepdims) =>
          ["float32", ...(/Max|Min|Sum$|Mean/.test(subject) ? ["int32"] : [])].map((type) => ({
            subject,
            form: `${type} [${dims}] over ${axes}, keepdims ${keepdims}`,
            draw: (g) => g.reduce(subject, g.input(type, dims, 9), axes, keepdims),
          })),
        ),
      ),
    ),
    ...["ArgMax", "ArgMin"].flatMap((subject) =>
      uses
        .filter(([, axes]) => axes.length === 1)
        .flatMap(([dims, [axis]]) =>
          [0, 1].flatMap((keepdims) =>
            [0, 1].map((last) => ({
              subject,
              form: `[${dims}] over ${axis}, keepdims ${keepdims}, last ${last}`,
              from: last === 1 ? 12 : 0,
              draw: (g) =>
                g.add(subject, [g.float(...dims)], { axis, keepdims, ...(last === 1 && { select_last_index: 1 }) }),
            })),
          ),
        ),
    ),
    ...[1, -1].flatMap((axis) =>
      [
        [{}, ""],
        [{ exclusive: 1 }, " exclusive"],
        [{ reverse: 1 }, " reverse"],
      ].map(([attributes, suffix]) => ({
        subject: "CumSum",
        form: `axis ${axis}${suffix}`,
        draw: (g) => g.add("CumSum", [g.float("n", 5, 8), g.int(axis)], attributes),
      })),
    ),
    {
      subject: "CumSum",
      form: "mask to positions",
      draw: (g) => g.add("CumSum", [g.input("int64", ["n", 8]), g.int(1)]),
    },
    { subject: "CumSum", form: "[5,n,8] over 0", draw: (g) => g.add("CumSum", [g.float(5, "n", 8), g.int(0)]) },
    ...[1, -1].flatMap((axis) =>
      [1, 0].flatMap((largest) =>
        [
          [["n", 8], 3],
          [["n", 5, 8], 1],
          [["n", 5, 8], 4],
        ].map(([dims, count]) => ({
          subject: "TopK",
          form: `[${dims}] ${largest ? "largest" : "smallest"} ${count} over ${axis}`,
          draw: (g) => g.add("TopK", [g.float(...dims), g.ints(count)], { axis, largest }, 2),
        })),
      ),
    ),
  ];
}
