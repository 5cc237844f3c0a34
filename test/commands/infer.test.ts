import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { beforeAll, describe, expect, it } from "vitest";
import { openArrow } from "../../src/io/arrow-read.ts";
import { memorySource } from "../../src/io/byte-source.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { lateInput, residual } from "../onnx/models/dense-layers.ts";
import { npyFile, npyRows, npyWords, npzFile, refusal, spread, wordModel } from "../support/model-files.ts";
import { bytesOf, ModelWriter } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { jsonFile, scratchFolder, succeed } from "../support/scratch.ts";
import { firstExit, neverExit, thresholdFile } from "../support/threshold-files.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(150));
const stages = scratch.path("stages");
const logits = scratch.path("logits.npy");
const rule = (name: string, given: Parameters<typeof thresholdFile>[0]) =>
  scratch.write(name, thresholdText(thresholdFile(given)));
const middle = rule("middle.json", { threshold: 0.8, classes: 4 });

beforeAll(async () => {
  await succeed(["split", model, "-o", stages]);
  await succeed(["extract", model, "--input", rows, "-o", logits]);
});

interface Answer {
  sample: number;
  prediction: number | null;
  exit: number;
  confidence: number | null;
}

const parsed = (text: string): Answer[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const infer = async (...argv: string[]) => (await succeed(["infer", "-t", middle, ...argv])).stdout;

describe("eexit infer", () => {
  it("answers the same from a whole model, from its stages and from its logits, byte for byte", async () => {
    const whole = await infer("--model", model, "--input", rows);
    expect(await infer("--model", stages, "--input", rows)).toBe(whole);
    expect(await infer(logits)).toBe(whole);
    expect(await infer(model, "--input", rows)).toBe(whole);
    const answers = parsed(whole);
    expect(answers.map(({ sample }) => sample)).toEqual(Array.from({ length: 150 }, (_, row) => row));
    for (const exit of [1, 2, 3]) expect(answers.filter((answer) => answer.exit === exit).length).toBeGreaterThan(9);
  });

  it("keeps the input's order, however rows leave and whatever the batch", async () => {
    const byRow = parsed(await infer(logits));
    for (const batch of ["1", "3", "64"]) {
      const answers = parsed(await infer("--model", stages, "--input", rows, "--batch", batch));
      for (const [row, { confidence, ...answer }] of answers.entries()) {
        const { confidence: expected, ...rest } = byRow[row];
        expect(answer).toEqual(rest);
        expect(Math.abs(confidence! - expected!)).toBeLessThan(5e-5);
      }
    }
  });

  it("leaves where the rule says: strictly above the threshold of logits made by hand", async () => {
    // Softmax of [ln 3, 0] is 3/4, of [0, 0] 1/2.
    const three = Math.log(3);
    const rowsByHand = [
      [three, 0, 0, 0, 0, three],
      [0, 0, 0, three, three, 0],
      [0, 0, 0, 0, 0, three],
    ];
    const hand = scratch.write("hand.npy", npyFile("float64", [3, 3, 2], Float64Array.from(rowsByHand.flat())));
    const at = rule("hand.json", { threshold: 0.6 });
    const answers = parsed((await succeed(["infer", "-t", at, hand])).stdout);
    expect(answers.map(({ exit, prediction }) => [exit, prediction])).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
    ]);
    for (const { confidence } of answers) expect(confidence).toBeCloseTo(0.75, 6);
  });

  it("follows the two policies", async () => {
    for (const [given, exit] of [
      [neverExit, 3],
      [firstExit, 1],
    ] as const) {
      const file = rule("policy.json", given);
      for (const argv of [["--model", stages, "--input", rows], [logits]]) {
        const { stdout } = await succeed(["infer", "-t", file, ...argv]);
        expect(new Set(parsed(stdout).map((answer) => answer.exit))).toEqual(new Set([exit]));
      }
    }
  });

  it("reads inputs by name, from files and from an archive", async () => {
    const late = scratch.write("late.onnx", bytesOf(lateInput({})));
    const which = npyFile(
      "int64",
      [40],
      BigInt64Array.from({ length: 40 }, (_, row) => BigInt(row % 2)),
    );
    const parts = { x: npyRows(40), which, late: npyRows(40, 3, 2) };
    const argv = Object.entries(parts).flatMap(([name, bytes]) => [
      "--input",
      `${name}=${scratch.write(`late-${name}.npy`, bytes)}`,
    ]);
    const archive = scratch.write("late.npz", npzFile(parts));
    const answers = await infer("--model", late, ...argv);
    expect(parsed(answers)).toHaveLength(40);
    expect(await infer("--model", late, "--input", archive)).toBe(answers);
    const short = ["--input", `late=${scratch.write("short.npy", npyRows(39, 3, 2))}`];
    const uneven = await runCli(["infer", "-t", middle, "--model", late, ...argv.slice(0, 4), ...short]);
    expect(refusal(uneven, "model-input")).toContain("39 rows, expected 40");
    expect(uneven.stdout).toBe("");
  });

  it("runs a chain of separate models as exits", async () => {
    const chain = [1, 2, 3].map((size) => {
      const m = new ModelWriter({});
      let h = m.input("x", ["N", 6]);
      for (let depth = 1; depth <= size; depth++) h = m.layer(`h${depth}`, h, depth === 1 ? 6 : 8, 8);
      m.exit("logits", h, 8);
      return scratch.write(`chain-${size}.onnx`, bytesOf(m.model()));
    });
    const answers = parsed(await infer("--model", chain.join(","), "--input", rows));
    expect(new Set(answers.map(({ exit }) => exit))).toEqual(new Set([1, 2, 3]));
    // Each model alone, one file per exit, is what the chain chooses from.
    const files: string[] = [];
    for (const [index, path] of chain.entries()) {
      const { openSession } = await import("../../src/onnx/session.ts");
      const session = await openSession(path, path);
      const outputs = await session.run(new Map([["x", { type: "float32", data: spread(900), dims: [150, 6] }]]));
      const file = scratch.path(`chain-${index}.npy`);
      writeFileSync(file, npyFile("float32", [150, 4], outputs.get("logits")!.data));
      files.push(file);
      await session.release();
    }
    const chosen = parsed(await infer("--exits", files.join(",")));
    expect(answers.map(({ exit, prediction }) => [exit, prediction])).toEqual(
      chosen.map(({ exit, prediction }) => [exit, prediction]),
    );
  });

  it("compares the model's own confidence outputs, which the last exit may lack", async () => {
    const m = new ModelWriter({});
    const x = m.input("x", ["N", 6]);
    m.exit("e1", m.layer("h1", x, 6, 8), 8);
    m.output(m.node("c1", "Gather", [x, m.ints("zero", 0)], { axis: 1 }), ["N"]);
    m.exit("e2", m.layer("h2", "h1", 8, 8), 8);
    m.output(m.node("c2", "Gather", [x, m.ints("one", [1])], { axis: 1 }), ["N", 1]);
    m.exit("e3", m.layer("h3", "h2", 8, 8), 8);
    const own = scratch.write("own.onnx", bytesOf(m.model()));
    const file = rule("own.json", { confidence: "learned", threshold: 1 });
    const argv = ["infer", "-t", file, "--model", own, "--input", rows, "--exits", "e1,e2,e3"];
    const named = [...argv, "--confidence-output", "c1,c2"];
    const features = spread(900);
    const expected = Array.from({ length: 150 }, (_, row) => {
      const [first, second] = features.subarray(6 * row);
      if (first > 1) return [1, first];
      return second > 1 ? [2, second] : [3, null];
    });
    expect(parsed((await succeed(named)).stdout).map(({ exit, confidence }) => [exit, confidence])).toEqual(expected);
    const csv = (await succeed([...named, "--format", "csv"])).stdout.split("\n");
    const last = expected.findIndex(([exit]) => exit === 3);
    expect(csv[1 + last]).toMatch(/^\d+,\d,3,$/);
    expect(refusal(await runCli(argv), "confidence-unknown")).toContain("confidence learned");
    const folder = scratch.path("own-stages");
    await succeed(["split", own, "--exits", "e1,e2,e3", "--confidence-output", "c1,c2", "-o", folder]);
    const split = await succeed(["infer", "-t", file, "--model", folder, "--input", rows]);
    expect(split.stdout).toBe((await succeed(named)).stdout);
    // A rule for top1 compares top1, also where the stages have confidences of their own.
    const ownLogits = scratch.path("own-logits.npy");
    await succeed(["extract", own, "--exits", "e1,e2,e3", "--input", rows, "-o", ownLogits]);
    expect(await infer("--model", folder, "--input", rows)).toBe(await infer(ownLogits));
    const one = await runCli([...argv, "--confidence-output", "c1"]);
    expect(refusal(one, "exits-unclear")).toContain("expected 2 of");
  });
});

describe("the formats of the answers", () => {
  it("are NDJSON, CSV and Arrow, on stdout and in files", async () => {
    const argv = ["--model", stages, "--input", rows];
    const answers = parsed(await infer(...argv));
    for (const format of ["ndjson", "csv"]) {
      const onStdout = await infer(...argv, "--format", format);
      const target = scratch.path(`answers-${format}.txt`);
      expect(await infer(...argv, "--format", format, "-o", target)).toBe("");
      expect(readFileSync(target, "utf8")).toBe(onStdout);
    }
    const csv = (await infer(...argv, "--format", "csv")).trimEnd().split("\n");
    expect(csv[0]).toBe("sample,prediction,exit,confidence");
    expect(csv.slice(1).map((line) => line.split(",").map(Number))).toEqual(
      answers.map(({ sample, prediction, exit, confidence }) => [sample, prediction, exit, confidence]),
    );
    const named = scratch.path("answers.csv");
    await infer(...argv, "-o", named);
    expect(readFileSync(named, "utf8")).toBe(`${csv.join("\n")}\n`);
  });

  it("Arrow is a stream on stdout and a file in a file, and our own reader reads both", async () => {
    const argv = ["infer", "-t", middle, "--model", stages, "--input", rows, "--batch", "32"];
    const answers = parsed((await succeed(argv)).stdout);
    const target = scratch.path("answers.arrow");
    await succeed([...argv, "-o", target]);
    const { stdoutBytes } = await succeed([...argv, "--format", "arrow"]);
    const file = readFileSync(target);
    expect([file.toString("latin1", 0, 6), stdoutBytes.toString("latin1", 0, 6)]).toEqual([
      "ARROW1",
      expect.not.stringMatching("ARROW1"),
    ]);
    for (const bytes of [file, stdoutBytes]) {
      const columns = new Map<string, number[]>();
      const content = await openArrow(memorySource("answers", bytes));
      for await (const part of content.parts()) {
        for (const [name, tensor] of part) {
          const values = Array.from(readFloatRows(tensor, 0, tensor.shape[0]));
          columns.set(name, [...(columns.get(name) ?? []), ...values]);
        }
      }
      expect([...columns.keys()]).toEqual(["sample", "prediction", "exit", "confidence"]);
      for (const name of ["sample", "prediction", "exit", "confidence"] as const)
        expect(columns.get(name)).toEqual(answers.map((answer) => answer[name]));
      expect(tableFromIPC(bytes).numRows).toBe(150);
    }
  });

  it("are no others", async () => {
    const refused = await runCli(["infer", "-t", middle, logits, "--format", "parquet"]);
    expect(refusal(refused, "bad-usage")).toContain("expected one of ndjson, csv, arrow");
  });
});

describe("the summary", () => {
  const efficiency = { meanExit: 2, exitShare: [0.25, 0.25, 0.5], meanCost: 2, fullCost: 3, costUnit: "exits" };

  it("says shares, mean exit and time on stderr, and writes JSON without a clock", async () => {
    const [first, second] = [scratch.path("summary.json"), scratch.path("again.json")];
    const argv = ["infer", "-t", middle, "--model", stages, "--input", rows];
    const { stderr, stdout } = await succeed([...argv, "--summary", first]);
    await succeed([...argv, "--summary", second]);
    expect(readFileSync(first, "utf8")).toBe(readFileSync(second, "utf8"));
    const counts = [1, 2, 3].map((exit) => parsed(stdout).filter((answer) => answer.exit === exit).length);
    const macs = jsonFile(`${stages}/manifest.json`).stages.map(
      (stage: { cumulativeMacs: number }) => stage.cumulativeMacs,
    );
    const meanCost = counts.reduce((sum, count, exit) => sum + count * macs[exit], 0) / 150;
    const summary = jsonFile(first);
    expect(summary).toMatchObject({
      format: "eexit-infer",
      version: 1,
      samples: 150,
      policy: "threshold",
      threshold: 0.8,
      exitCounts: counts,
      exitShare: counts.map((count) => count / 150),
      calibrationExitShare: null,
      fullCost: macs[2],
      costUnit: "MACs",
      cautions: [],
    });
    expect(summary.meanExit).toBeCloseTo((counts[0] + 2 * counts[1] + 3 * counts[2]) / 150, 12);
    expect(summary.meanCost).toBeCloseTo(meanCost, 9);
    expect(summary.saving).toBeCloseTo(1 - meanCost / macs[2], 12);
    expect(stderr).toContain("150 samples: mean exit");
    expect(stderr).toContain("share per exit:");
    expect(stderr).toMatch(/time: [\d.]+ ×/);
    expect((await succeed([...argv, "--quiet"])).stderr).toBe("");
  });

  it("cautions when the exit shares are not the calibration's, and when the model is another", async () => {
    const moved = rule("moved.json", {
      threshold: 0.8,
      efficiency: { ...efficiency, exitShare: [0.9, 0.05, 0.05], saving: 0.5 },
      model: { sha256: "f".repeat(64) },
    });
    const target = scratch.path("moved-summary.json");
    const argv = ["infer", "-t", moved, "--model", stages, "--input", rows, "--summary", target];
    const { stderr } = await succeed(argv);
    expect(stderr).toContain("caution: ");
    expect(stderr).toContain("90 % did in calibration");
    expect(jsonFile(target).cautions.map(({ code }: { code: string }) => code)).toEqual([
      "other-model",
      "exit-shares-moved",
    ]);
    const own = rule("own-model.json", {
      threshold: 0.8,
      model: { sha256: jsonFile(`${stages}/manifest.json`).model.sha256 },
    });
    expect((await succeed(["infer", "-t", own, ...argv.slice(3, -2)])).stderr).not.toContain("caution");
  });
});

describe("what infer refuses", () => {
  const run = (...argv: string[]) => runCli(["infer", ...argv]);
  const withModel = ["--model", model, "--input", rows];

  it("a rule for another network", async () => {
    for (const source of [withModel, ["--model", stages, "--input", rows], [logits]]) {
      const exits = await run("-t", rule("four.json", { exits: 4 }), ...source);
      expect(refusal(exits, "threshold-invalid")).toContain("3 exits, expected 4");
      expect(exits.stdout).toBe("");
    }
    const classes = await run("-t", rule("classes.json", { classes: 7 }), ...withModel);
    expect(refusal(classes, "threshold-invalid")).toContain("4 classes, expected 7");
    const table = rule("table.json", { source: "loss-table", exits: null, confidence: null });
    expect(refusal(await run("-t", table, ...withModel), "threshold-invalid")).toContain("made from a loss table");
    const column = await run("-t", rule("column.json", { confidence: "margin" }), ...withModel);
    expect(refusal(column, "confidence-unknown")).toContain("confidence margin");
    expect(column.stderr).toContain("--confidence-output");
    const dense = await run("-t", rule("dense.json", { confidence: "top1@mean" }), ...withModel);
    expect(refusal(dense, "confidence-unknown")).toContain("expected one without @");
  });

  it("too little or too much on the command line", async () => {
    expect(refusal(await run(...withModel), "bad-usage")).toContain("-t, --threshold: missing");
    expect(refusal(await run("-t", middle, "--model", model), "bad-usage")).toContain("--input: missing");
    expect(refusal(await run("-t", middle, "--input", rows), "bad-usage")).toContain("expected --model too");
    expect(refusal(await run("-t", middle, logits, ...withModel), "bad-usage")).toContain("logits and a model");
    const twice = ["-o", scratch.path("same"), "--summary", scratch.path("same")];
    expect(refusal(await run("-t", middle, ...withModel, ...twice), "bad-usage")).toContain("is named for two outputs");
  });

  it("to write where it reads", async () => {
    for (const option of ["-o", "--summary"]) {
      for (const path of [rows, model]) {
        const before = readFileSync(path);
        expect(refusal(await run("-t", middle, ...withModel, option, path), "file-exists")).toContain("is an input");
        expect(readFileSync(path).equals(before)).toBe(true);
      }
    }
    const folder = ["--model", stages, "--input", rows, "-o", stages];
    refusal(await run("-t", middle, ...folder), "file-exists");
    expect(refusal(await run("-t", middle, ...withModel, "-o", middle), "file-exists")).toContain("is an input");
    expect(refusal(await run("-t", middle, ...withModel, "--summary", middle), "file-exists")).toContain("is an input");
    const named = ["--model", model, "--input", `x=${rows}`, "-o", rows];
    expect(refusal(await run("-t", middle, ...named), "file-exists")).toContain("is an input");
  });

  it("to leave a file when the model fails in the middle", async () => {
    const words = scratch.write("words.onnx", bytesOf(wordModel()));
    const tokens = scratch.write("tokens.npy", npyWords(100, 70));
    const [target, summary] = [scratch.path("broken.csv"), scratch.path("broken.json")];
    const argv = ["--model", words, "--input", tokens, "--batch", "16"];
    const failed = await run("-t", middle, ...argv, "-o", target, "--summary", summary);
    expect(refusal(failed, "model-failed")).toContain(words);
    expect([existsSync(target), existsSync(summary)]).toEqual([false, false]);
    expect(readdirSync(dirname(target)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    // On stdout the answers that were ready may stand; they are whole lines, of rows before the bad batch.
    const { stdout } = await run("-t", middle, ...argv);
    expect(stdout === "" || stdout.endsWith("\n")).toBe(true);
    if (stdout !== "") expect(parsed(stdout).at(-1)!.sample).toBeLessThan(64);
  });
});
