// Operators that treat every element alone: activations, arithmetic, comparisons, casts.

const shapes = [["n"], ["n", 8], ["n", 5, 8], ["n", 16, 6, 6], [5, "n", 8]];

/** Activation → first operator set. */
const unary = {
  ...Object.fromEntries(
    (
      "Relu LeakyRelu Sigmoid HardSigmoid Tanh Erf Elu Selu Softplus Softsign ThresholdedRelu Sqrt Exp Log Abs Neg Reciprocal " +
      "Floor Ceil Round Sign Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Shrink Identity Dropout IsNaN IsInf"
    )
      .split(" ")
      .map((operator) => [operator, 0]),
  ),
  Celu: 12,
  HardSwish: 14,
  Mish: 18,
  Gelu: 20,
  Swish: 24,
};

const arithmetic = ["Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Mean", "Sum"];
const comparisons = ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor"];

export function arithmeticTrials() {
  return [
    ...Object.entries(unary).flatMap(([operator, from]) => shapes.map((dims) => unaryTrial(operator, from, dims))),
    ...[...arithmetic, ...comparisons, "Mod", "PRelu"].flatMap(binaryTrials),
    ...["Min", "Max", "Mean", "Sum"].map((subject) => ({
      subject,
      form: "three inputs",
      draw: (g) => g.add(subject, [g.float("n", 8), g.weight(8), g.float("n", 1)]),
    })),
    { subject: "Mod", form: "fmod", draw: (g) => g.add("Mod", [g.float("n", 8), g.weight(8)], { fmod: 1 }) },
    {
      subject: "Gelu",
      form: "tanh",
      from: 20,
      draw: (g) => g.add("Gelu", [g.float("n", 8)], { approximate: "tanh" }),
    },
    ...clipTrials(),
    ...whereTrials(),
    ...castTrials(),
    ...bitTrials(),
  ];
}

function unaryTrial(subject, from, dims) {
  return { subject, form: `[${dims}]`, from, draw: (g) => g.add(subject, [g.float(...dims)]) };
}

/** Sizes of two sides, and whether the second is a constant. */
const sides = [
  [
    ["n", 8],
    ["n", 8],
  ],
  [["n", 5, 8], [8], "constant"],
  [["n", 16, 6, 6], [16, 1, 1], "constant"],
  [["n", 16, 6, 6], [1, 16, 1, 1], "constant"],
  [["n", 8], [], "constant"],
  [["n"], [], "constant"],
  [["n"], [1], "constant"],
  [["n", 1], [1, 8], "constant"],
  [
    ["n", 16, 6, 6],
    ["n", 16, 1, 1],
  ],
  [
    ["n", 1, 8],
    ["n", 5, 1],
  ],
  [[5, "n", 8], [5, 1, 8], "constant"],
];

function binaryTrials(subject) {
  const from = subject.endsWith("OrEqual") ? 12 : 0;
  const logical = ["And", "Or", "Xor"].includes(subject);
  const types = logical ? ["bool"] : subject === "Mod" ? ["int64"] : ["float32"];
  if ([...arithmetic, "Equal", "Greater", "Less"].includes(subject) && !["Mean", "Sum"].includes(subject))
    types.push("int64");
  return types.flatMap((type) =>
    sides.flatMap(([left, right, constant]) => {
      const trial = (form, swapped) => ({
        subject,
        form: `${type} ${form}`,
        from: (subject === "Min" || subject === "Max" || subject === "Pow") && type === "int64" ? 12 : from,
        draw: (g) => {
          const second = constant === undefined ? g.input(type, right) : g.constant(type, right, ones(right));
          const inputs = [g.input(type, left, 5), second];
          return g.add(subject, swapped ? inputs.reverse() : inputs);
        },
      });
      const text = `[${left}] and ${constant ?? ""}[${right}]`;
      // A whole number is never divided by the other side, which may hold 0; PRelu broadcasts its slope only.
      const oneWay = subject === "PRelu" || (type === "int64" && ["Div", "Mod"].includes(subject));
      if (oneWay && (constant === undefined || right.join() === "1,8")) return [];
      return oneWay ? [trial(text, false)] : [trial(text, false), trial(`${text} swapped`, true)];
    }),
  );
}

function ones(dims) {
  return new Array(dims.reduce((total, one) => total * one, 1)).fill(1);
}

function clipTrials() {
  return shapes.flatMap((dims) => {
    const limit = (g, value) => g.constant("float32", [], [value]);
    const trial = (form, inputs) => ({
      subject: "Clip",
      form: `[${dims}] ${form}`,
      draw: (g) => g.add("Clip", inputs(g, g.float(...dims))),
    });
    return [
      trial("both", (g, x) => [x, limit(g, 0), limit(g, 0.5)]),
      trial("lowest", (g, x) => [x, limit(g, 0)]),
      trial("highest", (g, x) => [x, "", limit(g, 0.5)]),
      trial("none", (_, x) => [x]),
    ];
  });
}

function whereTrials() {
  const trial = (form, draw) => ({ subject: "Where", form, draw });
  const mask = (g, ...dims) => g.input("bool", dims);
  return [
    trial("[n] and scalars", (g) => g.add("Where", [mask(g, "n"), g.int(1), g.int(2)])),
    trial("[n], all moving", (g) => g.add("Where", [mask(g, "n"), g.float("n"), g.float("n")])),
    trial("[n,8] and scalar", (g) =>
      g.add("Where", [mask(g, "n", 8), g.float("n", 8), g.constant("float32", [], [0])]),
    ),
    trial("[n,1,5] and [n,5,8]", (g) => g.add("Where", [mask(g, "n", 5, 1), g.float("n", 5, 8), g.weight(8)])),
    trial("constant mask", (g) =>
      g.add("Where", [g.constant("bool", [1, 8]), g.float("n", 8), g.constant("float32", [], [0])]),
    ),
    trial("scores", (g) =>
      g.add("Where", [mask(g, "n", 1, 1, 5), g.float("n", 2, 5, 5), g.constant("float32", [], [-1e9])]),
    ),
    trial("[5,n,8]", (g) => g.add("Where", [mask(g, 5, "n", 1), g.weight(5, 1, 8), g.float(5, "n", 8)])),
  ];
}

function castTrials() {
  const codes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 };
  const types = Object.keys(codes);
  const casts = types.flatMap((type) =>
    types.map((to) => ({
      subject: "Cast",
      form: `${type} to ${to}`,
      draw: (g) => g.add("Cast", [g.input(type, ["n", 8])], { to: codes[to] }),
    })),
  );
  const like = types.map((type) => ({
    subject: "CastLike",
    form: `float32 like ${type}`,
    from: 15,
    draw: (g) => g.add("CastLike", [g.float("n", 8), g.constant(type, [1])]),
  }));
  return [
    ...casts,
    ...like,
    {
      subject: "CastLike",
      form: "like rows",
      from: 15,
      draw: (g) => g.add("CastLike", [g.weight(8), g.input("int64", ["n"])]),
    },
  ];
}

function bitTrials() {
  const numbers = (g) => g.input("int32", ["n", 8], 5);
  const shift = (g) => g.input("uint8", ["n", 8], 5);
  return [
    ...[["n"], ["n", 8], ["n", 5, 8]].map((dims) => ({
      subject: "Not",
      form: `[${dims}]`,
      draw: (g) => g.add("Not", [g.input("bool", dims)]),
    })),
    { subject: "BitwiseNot", form: "[n,8]", from: 18, draw: (g) => g.add("BitwiseNot", [numbers(g)]) },
    ...["BitwiseAnd", "BitwiseOr", "BitwiseXor"].flatMap((subject) => [
      { subject, form: "two", from: 18, draw: (g) => g.add(subject, [numbers(g), numbers(g)]) },
      { subject, form: "constant", from: 18, draw: (g) => g.add(subject, [numbers(g), g.constant("int32", [8])]) },
    ]),
    ...["LEFT", "RIGHT"].map((direction) => ({
      subject: "BitShift",
      form: direction,
      draw: (g) => g.add("BitShift", [shift(g), g.constant("uint8", [8])], { direction }),
    })),
  ];
}
