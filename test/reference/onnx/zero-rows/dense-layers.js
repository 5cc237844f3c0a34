// Normalisations, products and softmaxes.
import { forms } from "./forms.js";

export function denseTrials() {
  return [...normalisations(), ...products(), ...softmaxes()];
}

function normalisations() {
  const shapes = [[16], [16, 8], [16, 6, 6], [5, 6, 6]];
  const perChannel = (subject, count, least) =>
    shapes
      .filter((dims) => dims.length >= least)
      .map((dims) => ({
        subject,
        form: `[n,${dims}]`,
        draw: (g) => g.add(subject, [g.float("n", ...dims), ...Array.from({ length: count }, () => g.weight(dims[0]))]),
      }));
  const layer =
    (dims, axis, outputs = 1, bias = true) =>
    (g) => {
      const size = dims.slice(axis < 0 ? dims.length + axis : axis);
      return g.add(
        "LayerNormalization",
        [g.float(...dims), g.weight(...size), ...(bias ? [g.weight(...size)] : [])],
        { axis },
        outputs,
      );
    };
  return [
    ...perChannel("BatchNormalization", 4, 1),
    ...perChannel("InstanceNormalization", 2, 2),
    ...forms("LayerNormalization", 17, {
      "[n,8]": layer(["n", 8], -1),
      "[n,5,8]": layer(["n", 5, 8], -1),
      "[n,5,8] no bias": layer(["n", 5, 8], -1, 1, false),
      "[n,5,8] over 1": layer(["n", 5, 8], 1),
      "[n,4,6,6] over 1": layer(["n", 4, 6, 6], 1),
      "[5,n,8]": layer([5, "n", 8], -1),
      "with mean and deviation": layer(["n", 5, 8], -1, 3),
    }),
    ...forms("GroupNormalization", 18, {
      "[n,16,6,6]": (g) => {
        const size = g.opset >= 21 ? 16 : 4;
        return g.add("GroupNormalization", [g.float("n", 16, 6, 6), g.weight(size), g.weight(size)], { num_groups: 4 });
      },
    }),
    ...forms("RMSNormalization", 23, {
      "[n,5,8]": (g) => g.add("RMSNormalization", [g.float("n", 5, 8), g.weight(8)], { axis: -1 }),
    }),
    ...forms("LRN", 0, { "[n,8,6,6]": (g) => g.add("LRN", [g.float("n", 8, 6, 6)], { size: 3 }) }),
    ...forms("LpNormalization", 0, {
      "[n,8] p=2": (g) => g.add("LpNormalization", [g.float("n", 8)], { axis: -1, p: 2 }),
      "[n,8,6,6] p=1": (g) => g.add("LpNormalization", [g.float("n", 8, 6, 6)], { axis: 1, p: 1 }),
      "[n,5,8] p=2": (g) => g.add("LpNormalization", [g.float("n", 5, 8)], { axis: 1, p: 2 }),
    }),
    ...forms("MeanVarianceNormalization", 0, {
      "over a row": (g) => g.add("MeanVarianceNormalization", [g.float("n", 4, 6, 6)], { axes: [1, 2, 3] }),
      "over pixels": (g) => g.add("MeanVarianceNormalization", [g.float("n", 4, 6, 6)], { axes: [2, 3] }),
    }),
  ];
}

function products() {
  const gemm =
    (x, ...rest) =>
    (g) =>
      g.add("Gemm", [g.float(...x), ...rest[0].map((dims) => side(g, dims))], rest[1] ?? {});
  const matmul = (left, right) => (g) => g.add("MatMul", [side(g, left), side(g, right)]);
  const einsum =
    (equation, ...dims) =>
    (g) =>
      g.add(
        "Einsum",
        dims.map((one) => side(g, one)),
        { equation },
      );
  return [
    ...forms("Gemm", 0, {
      bias: gemm(["n", 8], [[8, 4], [4]]),
      "no bias": gemm(["n", 8], [[8, 4]]),
      transposed: gemm(["n", 8], [[4, 8], [4]], { transB: 1 }),
      "scalar bias": gemm(["n", 8], [[4, 8], []], { transB: 1 }),
      "row bias": gemm(
        ["n", 8],
        [
          [4, 8],
          [1, 4],
        ],
        { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
      ),
      "bias per row": gemm(
        ["n", 8],
        [
          [8, 4],
          ["n", 1],
        ],
      ),
      "full bias": gemm(
        ["n", 8],
        [
          [8, 4],
          ["n", 4],
        ],
        { beta: { float: 0.5 } },
      ),
      "rows last": gemm([8, "n"], [[8, 4], [4]], { transA: 1 }),
      "rows on the right": (g) => g.add("Gemm", [g.weight(4, 8), g.float(8, "n")]),
    }),
    ...forms("MatMul", 0, {
      "[n,8] × [8,4]": matmul(["n", 8], [8, 4]),
      "[n,8] × [8]": matmul(["n", 8], [8]),
      "[n,5,8] × [8,4]": matmul(["n", 5, 8], [8, 4]),
      "[n,5,8] × [n,8,4]": matmul(["n", 5, 8], ["n", 8, 4]),
      "[n,2,5,8] × [n,2,8,5]": matmul(["n", 2, 5, 8], ["n", 2, 8, 5]),
      "[n,2,5,8] × [8,4]": matmul(["n", 2, 5, 8], [8, 4]),
      "[n,2,5,8] × [2,8,4]": matmul(["n", 2, 5, 8], [2, 8, 4]),
      "[n,1,5,8] × [n,2,8,4]": matmul(["n", 1, 5, 8], ["n", 2, 8, 4]),
      "[n,2,5,8] × [1,2,8,4]": matmul(["n", 2, 5, 8], [1, 2, 8, 4]),
      "[1,6,5] × [n,5,8]": matmul([1, 6, 5], ["n", 5, 8]),
      "[6,5] × [n,5,8]": matmul([6, 5], ["n", 5, 8]),
      "[8] × [n,8,4]": matmul([8], ["n", 8, 4]),
      "[4,8] × [8,n]": matmul([4, 8], [8, "n"]),
      "[5,n,8] × [8,4]": matmul([5, "n", 8], [8, 4]),
      "[5,n,8] × [5,8,4]": matmul([5, "n", 8], [5, 8, 4]),
    }),
    ...forms("Einsum", 12, {
      "nc,cd->nd": einsum("nc,cd->nd", ["n", 8], [8, 4]),
      "nij,njk->nik": einsum("nij,njk->nik", ["n", 5, 8], ["n", 8, 4]),
      "nhid,nhjd->nhij": einsum("nhid,nhjd->nhij", ["n", 2, 5, 8], ["n", 2, 5, 8]),
      "nij->ni": einsum("nij->ni", ["n", 5, 8]),
      "nij->nji": einsum("nij->nji", ["n", 5, 8]),
      "nc,nc->n": einsum("nc,nc->n", ["n", 8], ["n", 8]),
      "nctv,vw->nctw": einsum("nctv,vw->nctw", ["n", 4, 5, 6], [6, 6]),
    }),
  ];
}

/** An input where the sizes hold "n", weights otherwise. */
function side(g, dims) {
  return dims.includes("n") ? g.float(...dims) : g.weight(...dims);
}

function softmaxes() {
  const uses = [
    [["n", 8], 1],
    [["n", 8], -1],
    [["n", 5, 8], -1],
    [["n", 5, 8], 1],
    [["n", 8, 6, 6], 1],
    [["n", 2, 5, 5], 3],
    [[5, "n", 8], -1],
    [[5, "n", 8], 0],
  ];
  return ["Softmax", "LogSoftmax", "Hardmax"].flatMap((subject) =>
    uses.map(([dims, axis]) => ({
      subject,
      form: `[${dims}] over ${axis}`,
      draw: (g) => g.add(subject, [g.float(...dims)], { axis }),
    })),
  );
}
