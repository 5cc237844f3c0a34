import { describe, expect, it } from "vitest";
import { EexitError, type ErrorCode } from "../../src/errors.ts";
import { openNetwork } from "../../src/onnx/network.ts";
import type { ModelProto } from "../../src/onnx/proto/onnx-pb.ts";
import { proveStages } from "../../src/onnx/prove-stages.ts";
import { loadStages } from "../../src/onnx/run/staged-network.ts";
import { defaultSession, openSession } from "../../src/onnx/session.ts";
import { bytesOf, inMemory, ModelWriter } from "../support/onnx-graphs.ts";
import { cumulativeLogits, dense, disjoint, residual } from "./models/dense-layers.ts";

const ask = (proto: ModelProto, exits: readonly string[] | null = null, confidenceOutputs: string[] | null = null) =>
  openNetwork(inMemory(proto), { exits, confidenceOutputs, rows: null, seed: 3 });

async function expectRefusal(
  asked: Promise<unknown>,
  code: ErrorCode,
  says: RegExp,
  hint: RegExp = /./,
): Promise<void> {
  const error = await asked.then(
    () => new Error("was accepted"),
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(EexitError);
  expect([(error as EexitError).code, error.message]).toEqual([code, expect.stringMatching(says)]);
  expect((error as EexitError).hint).toMatch(hint);
}

/** One layer, of which `change` makes what is wrong; exits e1 and e2. */
function oneLayer(change: (m: ModelWriter, h1: string) => string, shape: (string | number)[] = ["N", 6]): ModelProto {
  const m = new ModelWriter();
  const h1 = m.layer("h1", m.input("x", shape), 6, 8);
  m.exit("e1", h1, 8);
  m.exit("e2", change(m, h1), 8);
  return m.model();
}

describe("exits that cannot be told", () => {
  it("a single output", async () => {
    const proto = residual({});
    proto.graph!.output.splice(1);
    await expectRefusal(ask(proto), "too-few-exits", /: 1 exit \(outputs: e1\), expected at least 2$/);
    await expectRefusal(ask(residual({}), ["e2"]), "too-few-exits", /: 1 exit \(outputs: e1, e2, e3\)/);
  });

  it("outputs of unequal size, declared or seen", async () => {
    const m = new ModelWriter();
    const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
    m.exit("e1", h1, 8);
    m.output(m.linear("wide", h1, 8, 7), ["N", 7]);
    const declared = m.model();
    const says = /outputs of unequal size \(e1 \[rank 2, last dimension 4\]; wide \[rank 2, last dimension 7\]\)/;
    await expectRefusal(ask(declared), "exits-unclear", says, /--exits a,b,c/);
    for (const output of declared.graph!.output) output.type!.tensorType!.shape = undefined;
    await expectRefusal(ask(declared), "exits-unclear", /exit wide has the shape \[N, 7\] and e1 \[N, 4\]/);
  });

  it("names that are no outputs, or named twice", async () => {
    await expectRefusal(ask(residual({}), ["e1", "e9"]), "exits-unclear", /no output e9, found e1, e2, e3$/);
    await expectRefusal(ask(residual({}), ["e1", "h2"]), "exits-unclear", /no output h2, found e1, e2, e3$/);
    await expectRefusal(ask(residual({}), ["e1", "e3", "e1"]), "exits-unclear", /--exits: e1 is named twice/);
  });

  it("confidence outputs that are missing or too many", async () => {
    const confidence = (...names: string[]) => ask(residual({}), ["e1", "e3"], names);
    await expectRefusal(
      confidence("c"),
      "exits-unclear",
      /--confidence-output c: no output c, expected 1 of e1, e2, e3/,
    );
    await expectRefusal(
      confidence("e2", "e2"),
      "exits-unclear",
      /: 2 outputs, expected 1 of e1, e2, e3, one per early/,
    );
  });

  it("an exit of a single number", async () => {
    const m = new ModelWriter();
    const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
    m.output(m.linear("s1", h1, 8, 1), ["N", 1]);
    m.output(m.linear("s2", m.layer("h2", h1, 8, 8), 8, 1), ["N", 1]);
    await expectRefusal(ask(m.model()), "too-few-exits", /: 0 exit \(outputs: s1, s2\)/);
    await expectRefusal(ask(m.model(), ["s1", "s2"]), "too-few-exits", /exit s1 has the shape \[N, 1\]/);
  });
});

describe("exits that are not nested", () => {
  it("in the wrong order: the hint gives the right one", async () => {
    // Here e1 is a part of e2, and e2 of e3.
    const right = /from the shallowest to the deepest: --exits e1,e2,e3$/;
    for (const order of ["e2 e1 e3", "e1 e3 e2", "e3 e2 e1", "e3 e1 e2", "e2 e3 e1"]) {
      const asked = ask(cumulativeLogits({}), order.split(" "));
      await expectRefusal(asked, "exits-not-nested", /needs nothing that .* did not compute, expected exits/, right);
    }
    const said = /exit e1 needs nothing that the exits before it \(e2, e3\) did not compute/;
    await expectRefusal(ask(cumulativeLogits({}), ["e2", "e3", "e1"]), "exits-not-nested", said);
    const two = ask(cumulativeLogits({}), ["e3", "e2"]);
    await expectRefusal(two, "exits-not-nested", /exit e2 needs nothing that e3 did not compute/, /--exits e2,e3$/);
  });

  it("two names for one answer: no order helps, so one is to be left out", async () => {
    const m = new ModelWriter();
    const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
    m.exit("e1", h1, 8);
    const twins = m.nodeOf("Split", [m.layer("h2", h1, 8, 8)], ["t1", "t2"], { axis: 1 });
    for (const twin of twins) m.output(twin, ["N", 4]);
    const says = /exit t2 needs nothing that the exits before it \(e1, t1\) did not compute/;
    await expectRefusal(ask(m.model()), "exits-not-nested", says, /^leave it out: --exits e1,t1$/);
  });

  it("heads on one trunk are accepted in any order: nothing in a graph tells a head from a trunk", async () => {
    expect((await ask(dense({}), ["e4", "e1"])).stages[1].macs).toBe(8 * 4);
    expect((await ask(disjoint({}), ["e2", "e1"])).exits).toEqual(["e2", "e1"]);
  });

  it("an exit that is an input or a weight", async () => {
    const proto = residual({});
    proto.graph!.output[0] = { ...proto.graph!.output[0], name: "x" };
    await expectRefusal(ask(proto, ["x", "e2"]), "exits-not-nested", /exit x reads no input/);
  });
});

describe("batches that are not rows", () => {
  it("a fixed batch", async () => {
    const proto = oneLayer((m, h1) => m.layer("h2", h1, 8, 8), [1, 6]);
    const says = /input x has the shape \[1, 6\]: the batch axis is fixed, expected an open first axis/;
    await expectRefusal(ask(proto), "batch-axis", says, /dynamic_axes=\{"x": \{0: "N"\}\}/);
  });

  it("a batch that is not first, in the input or the output", async () => {
    const input = new ModelWriter();
    const rows = input.node("rows", "Transpose", [input.input("x", [6, "N"])]);
    input.exit("e1", rows, 6);
    input.exit("e2", input.layer("h2", rows, 6, 8), 8);
    const says = /input x has the shape \[6, N\]: the batch axis is not the first \(axis 1 is open\)/;
    await expectRefusal(ask(input.model()), "batch-axis", says);

    const output = new ModelWriter();
    const h1 = output.layer("h1", output.input("x", ["N", 6]), 6, 8);
    for (const exit of ["e1", "e2"]) {
      const logits = output.linear(`${exit}_rows`, h1, 8, 4);
      output.output(output.node(exit, "Transpose", [logits]), [4, "N"]);
    }
    const found = /exit e1 has the shape \[4, 5\] for 5 rows: the batch is on axis 1, expected one row per sample/;
    await expectRefusal(ask(output.model(), ["e1", "e2"]), "batch-axis", found);
  });

  it("no input, or a scalar", async () => {
    const proto = residual({});
    proto.graph!.input = [];
    await expectRefusal(ask(proto), "model-invalid", /reads x, which no earlier node makes/);
    const scalar = oneLayer((m, h1) => m.node("h2", "Add", [h1, m.input("s", [])]));
    await expectRefusal(ask(scalar), "batch-axis", /input s is a scalar: the batch axis is fixed/);
  });

  it("a mean over the batch that crosses a boundary, in one row or merged into all", async () => {
    const mean = (keep: 0 | 1) =>
      oneLayer((m, h1) => {
        const centre = m.reduce("ReduceMean", "centre", h1, [0], keep);
        m.exit("middle", m.node("h2", "Sub", [h1, centre]), 8);
        return m.node("h3", "Mul", [m.layer("h3_inner", "h2", 8, 8), centre]);
      });
    for (const keep of [0, 1] as const) {
      const says = /tensor centre crosses from stage 2 to stage 3, but all rows of the batch are mixed in it/;
      await expectRefusal(ask(mean(keep)), "boundary-uncarried", says, /evaluation mode/);
    }
  });

  it("rows that look like rows but know of each other: only running stages shows it", async () => {
    const proto = oneLayer((m, h1) => {
      const centred = m.node("centred", "Sub", [h1, m.reduce("ReduceMean", "centre", h1, [0], 1)]);
      return m.layer("h2", centred, 8, 8);
    });
    const network = await ask(proto);
    const staged = await loadStages(network, defaultSession);
    const whole = await openSession(bytesOf(proto), "whole");
    await expectRefusal(
      proveStages(whole, staged, network.probe, 4, 5),
      "stages-differ",
      /at exit 2 \(e2\) the stages differ from the whole model by .* in probe row \d+, expected at most 0\.00002$/,
      /other rows of the batch/,
    );
  });

  it("every second row", async () => {
    const proto = oneLayer((m, h1) => {
      const starts = ["starts", "ends", "axes", "steps"].map((name, at) => m.ints(name, [[0], [99], [0], [2]][at]));
      const everySecond = m.layer("second", m.node("every_second", "Slice", [h1, ...starts]), 8, 8);
      m.exit("e_half", everySecond, 8);
      return m.node("h3", "Neg", [everySecond]);
    });
    const says = /tensor second crosses from stage 2 to stage 3, but its axis 0 has 2 entries for 3 rows/;
    await expectRefusal(ask(proto, ["e1", "e_half", "e2"]), "boundary-uncarried", says);
  });
});

describe("graphs that are not valid", () => {
  const changed = (change: (proto: ModelProto) => void) => {
    const proto = residual({});
    change(proto);
    return ask(proto);
  };
  const node = (proto: ModelProto, name: string) => proto.graph!.node.find((each) => each.name === name)!;

  it("a name that nothing makes, or a later node does", async () => {
    const undeclared = changed((proto) => {
      node(proto, "h2").input[0] = "nowhere";
    });
    await expectRefusal(undeclared, "model-invalid", /h2 \(Relu\) reads nowhere, which no earlier node makes/);
    const cyclic = changed((proto) => {
      node(proto, "h1").input[0] = "h3";
    });
    await expectRefusal(cyclic, "model-invalid", /h1 \(Relu\) reads h3, which no earlier node makes/);
    const output = changed((proto) => {
      proto.graph!.output[2].name = "e9";
    });
    await expectRefusal(output, "model-invalid", /no node makes the output e9/);
  });

  it("a name that is made twice", async () => {
    const twice = changed((proto) => {
      node(proto, "h2").output[0] = "h1";
    });
    await expectRefusal(twice, "model-invalid", /tensor h1 is made twice/);
  });

  it("an operator that the runtime does not know, and one that fails when it runs", async () => {
    const unknown = changed((proto) => {
      node(proto, "h2").opType = "Rectify";
    });
    await expectRefusal(unknown, "model-invalid", /ONNX Runtime cannot load it \(.*Rectify/);
    const proto = oneLayer((m, h1) => m.layer("h2", m.node("odd", "Reshape", [h1, m.ints("seven", [-1, 7])]), 7, 8));
    await expectRefusal(ask(proto), "model-failed", /fails on this input \(.*odd/);
  });
});
