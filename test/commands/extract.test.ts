import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { npyTensor } from "../../src/io/npy.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { openSession } from "../../src/onnx/session.ts";
import { lateInput, residual } from "../onnx/models/dense-layers.ts";
import { npyFile, npyRows, npyWords, npzFile, refusal, spread, wordModel } from "../support/model-files.ts";
import { bytesOf, ModelWriter } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(50));

/** An NPY file's shape and numbers. */
function logitsOf(path: string) {
  const tensor = npyTensor(memorySource(path, readFileSync(path)));
  return { shape: tensor.shape, type: tensor.type, values: readFloatRows(tensor, 0, tensor.shape[0]) };
}

describe("eexit extract", () => {
  it("writes the logits of every exit as one array [N, L, C]", async () => {
    const target = scratch.path("logits.npy");
    const { stderr, stdout } = await succeed(["extract", model, "--input", rows, "-o", target, "--batch", "16"]);
    expect(stderr).toContain(`${target}: 50 samples, 3 exits (e1, e2, e3)`);
    expect(stdout).toBe("");
    const { shape, type, values } = logitsOf(target);
    expect([shape, type]).toEqual([[50, 3, 4], "float32"]);
    const session = await openSession(bytesOf(residual({})), "whole");
    const outputs = await session.run(new Map([["x", { type: "float32", data: spread(300), dims: [50, 6] }]]));
    for (const [exit, name] of ["e1", "e2", "e3"].entries()) {
      const own = outputs.get(name)!.data as Float32Array;
      for (let at = 0; at < 200; at++) {
        const found = values[(at >> 2) * 12 + exit * 4 + (at % 4)];
        expect(Math.abs(found - own[at])).toBeLessThan(2e-5);
      }
    }
    await session.release();
  });

  it("writes a column per exit to an Arrow file, whose numbers are the same", async () => {
    const [npy, arrow] = [scratch.path("same.npy"), scratch.path("same.arrow")];
    for (const target of [npy, arrow])
      await succeed(["extract", model, "--input", rows, "-o", target, "--batch", "20"]);
    const table = tableFromIPC(readFileSync(arrow));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(["exit_1", "exit_2", "exit_3"]);
    const { values } = logitsOf(npy);
    for (const row of [0, 19, 20, 49]) {
      for (const exit of [0, 1, 2]) {
        const found = Array.from(table.getChildAt(exit)!.get(row));
        expect(found).toEqual(Array.from(values.subarray((row * 3 + exit) * 4, (row * 3 + exit + 1) * 4)));
      }
    }
    // It is an input like any other.
    const calibrate = async (path: string) => (await succeed(["calibrate", path, "-e", "0.3"])).stdout;
    expect(await calibrate(arrow)).toBe(await calibrate(npy));
  });

  it("takes the exits that are named, in that order", async () => {
    const [all, two] = [scratch.path("all.npy"), scratch.path("two.npy")];
    await succeed(["extract", model, "--input", rows, "-o", all]);
    await succeed(["extract", "--model", model, "--input", rows, "-o", two, "--exits", "e2,e3"]);
    const [whole, part] = [logitsOf(all), logitsOf(two)];
    expect(part.shape).toEqual([50, 2, 4]);
    expect(Array.from(part.values.subarray(0, 8))).toEqual(Array.from(whole.values.subarray(4, 12)));
  });

  it("reads several inputs by name, from files or from one archive", async () => {
    const late = scratch.write("late.onnx", bytesOf(lateInput({})));
    const which = npyFile(
      "int64",
      [20],
      BigInt64Array.from({ length: 20 }, (_, row) => BigInt(row % 2)),
    );
    const parts = { x: npyRows(20), which, late: npyRows(20, 3, 2) };
    const argv = Object.entries(parts).flatMap(([name, bytes]) => [
      "--input",
      `${name}=${scratch.write(`late-${name}.npy`, bytes)}`,
    ]);
    const archive = scratch.write("late.npz", npzFile({ ...parts, unrelated: which }));
    const [first, second] = [scratch.path("late-1.npy"), scratch.path("late-2.npy")];
    await succeed(["extract", late, ...argv, "-o", first]);
    await succeed(["extract", late, "--input", archive, "-o", second]);
    expect(logitsOf(first).shape).toEqual([20, 3, 4]);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
    const two = await runCli(["extract", late, ...argv.slice(0, 4), "-o", scratch.path("none.npy")]);
    expect(refusal(two, "model-input")).toContain("input late: not given, expected --input late=FILE");
    const short = scratch.write("late-short.npy", npyRows(19, 3, 2));
    const uneven = await runCli(["extract", late, ...argv.slice(0, 4), "--input", `late=${short}`, "-o", first]);
    expect(refusal(uneven, "model-input")).toContain("19 rows, expected 20 as for input x");
  });

  it("keeps dense logits dense, which an Arrow file cannot hold", async () => {
    const m = new ModelWriter({});
    let h = m.input("x", ["N", 3, 2, 2]);
    for (const stage of [1, 2]) {
      h = m.node(`h${stage}`, "Tanh", [
        m.node(`s${stage}`, "Conv", [h, m.weight(`w${stage}`, [3, 3, 1, 1])], { kernel_shape: [1, 1] }),
      ]);
      m.output(m.node(`e${stage}`, "Conv", [h, m.weight(`v${stage}`, [5, 3, 1, 1])]), ["N", 5, 2, 2]);
    }
    const dense = scratch.write("dense.onnx", bytesOf(m.model()));
    const x = scratch.write("dense-x.npy", npyFile("float32", [7, 3, 2, 2], spread(84)));
    const target = scratch.path("dense.npy");
    await succeed(["extract", dense, "--input", x, "-o", target]);
    expect(logitsOf(target).shape).toEqual([7, 2, 5, 2, 2]);
    const arrow = scratch.path("dense.arrow");
    const refused = await runCli(["extract", dense, "--input", x, "-o", arrow]);
    expect(refusal(refused, "bad-usage")).toContain("dense logits [C, 2, 2]");
    expect(existsSync(arrow)).toBe(false);
  });

  it("reads float16 models and writes float32, which holds them exactly", async () => {
    const half = scratch.write("half.onnx", bytesOf(residual({ float16: true })));
    const x = scratch.write(
      "half-x.npy",
      npyFile(
        "float16",
        [3, 6],
        Uint16Array.from({ length: 18 }, () => 0x3c00),
      ),
    );
    const target = scratch.path("half.npy");
    await succeed(["extract", half, "--input", x, "-o", target]);
    const { type, shape, values } = logitsOf(target);
    expect([type, shape]).toEqual(["float32", [3, 3, 4]]);
    // 11 significant bits: each is a whole multiple of 2^-10 of the power of two below it.
    for (const value of values) {
      expect(Number.isInteger((value * 1024) / 2 ** Math.floor(Math.log2(Math.abs(value))))).toBe(true);
    }
    const wide = await runCli(["extract", half, "--input", rows, "-o", target]);
    expect(refusal(wide, "model-input")).toContain("element type float32, expected float16");
  });
});

describe("what the input holds", () => {
  it("is widened where that loses nothing, and that is said", async () => {
    const bytes = scratch.write(
      "bytes.npy",
      npyFile(
        "uint8",
        [4, 6],
        Uint8Array.from({ length: 24 }, (_, i) => i),
      ),
    );
    const same = scratch.write(
      "floats.npy",
      npyFile(
        "float32",
        [4, 6],
        Float32Array.from({ length: 24 }, (_, i) => i),
      ),
    );
    const [first, second] = [scratch.path("from-bytes.npy"), scratch.path("from-floats.npy")];
    const { stderr } = await succeed(["extract", model, "--input", bytes, "-o", first]);
    expect(stderr).toContain(`note: ${bytes}: uint8 read as float32 for input x`);
    await succeed(["extract", model, "--input", same, "-o", second]);
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  });

  it("is refused where digits would be lost, or the shape is another", async () => {
    const target = scratch.path("refused.npy");
    const run = (name: string, content: Uint8Array) =>
      runCli(["extract", model, "--input", scratch.write(name, content), "-o", target]);
    const doubles = await run("doubles.npy", npyFile("float64", [4, 6], new Float64Array(24)));
    expect(refusal(doubles, "model-input")).toContain("element type float64, expected float32 for input x");
    expect(doubles.stderr).toContain('x.astype("float32")');
    expect(refusal(await run("wide.npy", npyRows(4, 7)), "model-input")).toContain("shape [4, 7], expected [N, 6]");
    expect(refusal(await run("flat.npy", npyFile("float32", [6], new Float32Array(6))), "model-input")).toContain(
      "[6]",
    );
    expect(refusal(await run("none.npy", npyFile("float32", [0, 6], new Float32Array(0))), "too-few-exits")).toContain(
      "no rows",
    );
    expect(refusal(await runCli(["extract", model, "-o", target]), "bad-usage")).toContain("--input: missing");
    expect(existsSync(target)).toBe(false);
  });
});

describe("the output", () => {
  it("has to be .npy or .arrow, and no input", async () => {
    const run = (...argv: string[]) => runCli(["extract", model, "--input", rows, ...argv]);
    expect(refusal(await run(), "bad-usage")).toContain("-o, --output: missing");
    expect(refusal(await run("-o", scratch.path("x.csv")), "bad-usage")).toContain(".npy or .arrow");
    const before = readFileSync(rows);
    expect(refusal(await run("-o", rows), "file-exists")).toContain("is an input of this command");
    expect(readFileSync(rows).equals(before)).toBe(true);
  });

  it("is not there when the model fails in the middle", async () => {
    const words = scratch.write("words.onnx", bytesOf(wordModel()));
    const tokens = scratch.write("tokens.npy", npyWords(100, 70));
    for (const target of [scratch.path("broken.npy"), scratch.path("broken.arrow")]) {
      const failed = await runCli(["extract", words, "--input", tokens, "-o", target, "--batch", "16"]);
      expect(refusal(failed, "model-failed")).toContain(words);
      expect(existsSync(target)).toBe(false);
      expect(readdirSync(dirname(target)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
    const old = scratch.write("old.npy", "what was there before");
    await runCli(["extract", words, "--input", tokens, "-o", old, "--batch", "16"]);
    expect(readFileSync(old, "utf8")).toBe("what was there before");
  });
});
