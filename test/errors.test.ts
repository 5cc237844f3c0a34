import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it, test, vi } from "vitest";
import { EexitError, type ErrorCode, errorCatalogue, receivedError, sentError } from "../src/errors.ts";
import { readModel } from "../src/onnx/model.ts";
import { dense } from "./support/dense-cases.ts";
import { bytesOf, ModelWriter } from "./support/onnx-graphs.ts";
import { runCli } from "./support/run-cli.ts";

/**
 * Every code of the catalogue is provoked through the command line, by a file of sample-data/broken or by a call below, and
 * docs/errors.md shows what it then says. After a deliberate change: `EEXIT_UPDATE_DOCS=1 npx vitest run --project fast
 * test/errors.test.ts` writes the table again; read the difference.
 */
const root = resolve(import.meta.dirname, "..");
const broken = "sample-data/broken";
const page = join(root, "docs/errors.md");
const out = mkdtempSync(join(tmpdir(), "eexit-errors-"));
afterAll(() => rmSync(out, { recursive: true }));

interface BrokenFile {
  readonly file: string;
  readonly args?: string[];
  readonly command?: string[];
  readonly code: ErrorCode;
  readonly says: string;
}

const manifest = JSON.parse(readFileSync(join(root, broken, "manifest.json"), "utf8")) as BrokenFile[];

const cal = "sample-data/digits/logits_cal.npy";
const calLabels = "sample-data/digits/labels_cal.npy";
const test497 = ["sample-data/digits/logits_test.npy", "--labels", "sample-data/digits/labels_test.npy"];
const labelled = [cal, "--labels", calLabels];
const thresholdPath = join(out, "threshold.json");
mkdirSync(join(out, "demo"));
writeFileSync(join(out, "demo/table.arrow"), "mine");

const model = "sample-data/digits/model.onnx";
const modelOut = ["-o", join(out, "logits.npy")];
const stagesOut = ["-o", join(out, "stages/")];
const images = ["--input", "sample-data/digits/inputs_cal.npy"];

/** A network of two exits; `change` makes from its first layer what the second exit reads. */
function twoExits(name: string, change: (m: ModelWriter, h1: string) => string, batch: number | string = "N"): string {
  const m = new ModelWriter();
  const h1 = m.layer("h1", m.input("x", [batch, 6]), 6, 8);
  m.exit("e1", h1, 8);
  m.exit("e2", change(m, h1), 8);
  return written(name, bytesOf(m.model()));
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(out, name), bytes);
  return join(out, name);
}

/** A file of holes: nothing of its size is on the disk. */
function hollow(name: string, size: number): string {
  const path = written(name, new Uint8Array(0));
  truncateSync(path, size);
  return path;
}

function changedStages(): string {
  const folder = join(out, "changed-stages");
  cpSync("sample-data/digits/stages", folder, { recursive: true });
  appendFileSync(join(folder, "stage_2.onnx"), "\0");
  return folder;
}

/** The bundled network with its input under a name that a baked model needs. */
function inputCalledLogits(): string {
  const { proto, graph } = readModel(model);
  for (const node of graph.node) node.input = node.input.map((name) => (name === "image" ? "logits" : name));
  graph.input[0].name = "logits";
  return written("input-called-logits.onnx", bytesOf(proto));
}

const fixedBatch = twoExits("fixed-batch.onnx", (m, h1) => m.layer("h2", h1, 8, 8), 1);
const batchMean = twoExits("batch-mean.onnx", (m, h1) => {
  const mean = m.reduce("ReduceMean", "mean", h1, [0], 1);
  m.exit("middle", m.node("h2", "Sub", [h1, mean]), 8);
  return m.node("h3", "Mul", [m.layer("h3_inner", "h2", 8, 8), mean]);
});
const mixedRows = twoExits("mixed-rows.onnx", (m, h1) =>
  m.layer("h2", m.node("centred", "Sub", [h1, m.reduce("ReduceMean", "mean", h1, [0], 1)]), 8, 8),
);
/** Embeds one token of four; the labels go up to 9. */
function embedding(): string {
  const m = new ModelWriter();
  const h1 = m.node("embedded", "Gather", [m.weight("table", [4, 8]), m.input("token", ["N"], "int64")]);
  m.exit("e1", h1, 8);
  m.exit("e2", m.layer("h2", h1, 8, 8), 8);
  return written("embedding.onnx", bytesOf(m.model()));
}

const noFurther = twoExits("no-further.onnx", (m, h1) => {
  const halves = m.nodeOf("Split", [m.layer("h2", h1, 8, 8)], ["a", "b"], { axis: 1 });
  for (const half of halves) m.output(half, ["N", 4]);
  return m.layer("h3", "h2", 8, 8);
});

test("an error crosses from a thread or a process as it is, a bug with its stack", () => {
  const across = (error: unknown) => receivedError(structuredClone(sentError(error)));
  const refused = across(new EexitError("model-failed", "m.onnx: fails", null));
  expect(refused).toBeInstanceOf(EexitError);
  expect(refused).toMatchObject({ code: "model-failed", message: "m.onnx: fails", hint: null });
  expect(across(new EexitError("bad-usage", "a: b", "use c"))).toMatchObject({ code: "bad-usage", hint: "use c" });
  const bug = new TypeError("x is not a function");
  expect(across(bug)).not.toBeInstanceOf(EexitError);
  expect(across(bug)?.message).toBe(bug.stack);
  expect(across("gone")?.message).toBe("gone");
  expect(receivedError({ id: 1, table: {} })).toBeNull();
});

/** What no broken file can provoke, by code. docs/errors.md shows the first of each code. */
const calls: readonly (readonly [code: ErrorCode, ...argv: string[]])[] = [
  ["bad-usage", "calibrate", cal, "--epslon", "0.05"],
  ["bad-usage", "calibrat", cal],
  ["bad-usage", "calibrate", cal],
  ["bad-usage", "calibrate", cal, "-e", "0.05", "--metod", "crc"],
  ["bad-usage", "calibrate", cal, "-e", "0.05", "--method", "nave"],
  ["bad-usage", "calibrate", cal, "-e", "0.05,0.1"],
  ["bad-usage", "check", ...test497],
  ["bad-usage", "check", "-t", thresholdPath, ...test497, "--margin", "0.1"],
  ["bad-usage", "check", "-t", thresholdPath, ...test497, "--baseline-labels", calLabels],
  ["bad-usage", "score", cal],
  ["bad-usage", "calibrate", "-", "-", "-e", "0.05"],
  ["bad-usage", "calibrate", "-", "--labels", "-", "-e", "0.05"],
  ["bad-usage", "-q", "calibrate", cal, "-e", "0.05"],
  ["bad-usage", "sweep", cal, "-e", "0.05", "--calibration-size", "100"],
  ["bad-usage", "sweep", cal, "-e", "0.05", "--trials", "3"],
  ["bad-usage", "help", "method"],
  ["bad-usage", "calibrate", cal, "-e", "0.05", "--report", "report.docx"],
  ["bad-number", "calibrate", cal, "-e", "five"],
  ["bad-number", "calibrate", cal, "-e", "0.05", "-d", "10"],
  ["bad-number", "calibrate", cal, "-e", "0.05", "--seed", "1.5"],
  ["bad-number", "sweep", cal, "-e", "0.1:0.01:0.01"],
  ["bad-number", "sweep", cal, "-e", "0:1:0.0000001"],
  ["bad-number", "sweep", cal, "-e", "0.05", "--trials", "3", "--calibration-size", "400"],
  ["file-missing", "calibrate", "missing.npy", "-e", "0.05"],
  ["file-missing", "calibrate", "missing-*.npy", "-e", "0.05"],
  ["file-missing", "calibrate", cal, "--labels", "missing.npy", "-e", "0.05"],
  ["file-missing", "check", "-t", "missing.json", ...test497],
  ["file-unreadable", "calibrate", "sample-data", "-e", "0.05"],
  ["file-unreadable", "check", "-t", "sample-data", ...test497],
  ["file-exists", "demo", "--keep", join(out, "demo")],
  ["labels-needed", "calibrate", cal, "-e", "0.05", "--risk", "brier-gap"],
  ["epsilon-out-of-range", "calibrate", ...labelled, "-e", "5"],
  ["epsilon-out-of-range", "calibrate", ...labelled, "-e", "0"],
  ["bound-needs-binary", "calibrate", ...labelled, "-e", "0.05", "--method", "ucb:cp"],
  ["confidence-unknown", "calibrate", ...labelled, "-e", "0.05", "--confidence", "tpo1"],
  ["confidence-unknown", "calibrate", ...labelled, "-e", "0.05", "--confidence", "saturation"],
  ["confidence-unknown", "calibrate", ...labelled, "-e", "0.05", "--confidence", "top1@mean"],
  ["confidence-unknown", "calibrate", dense("images.npy"), "-e", "0.05", "--confidence", "top1@patch:8"],
  ["confidence-unknown", "calibrate", dense("images.npy"), "-e", "0.05", "--confidence", "top1@median"],
  ["risk-unknown", "calibrate", ...labelled, "-e", "0.05", "--risk", "miscoverage"],
  ["risk-unknown", "calibrate", dense("images.npy"), "-e", "0.05", "--risk", "prediction-consistency"],
  ["labels-needed", "calibrate", dense("images.npy"), "-e", "0.05", "--risk", "miou-gap"],
  ["labels-mismatch", "calibrate", dense("images.npy"), "--labels", dense("pixel-labels.npy"), "-e", "0.05"],
  ["labels-mismatch", "calibrate", dense("images-nlhwc.npy"), "--labels", dense("labels.npy"), "-e", "0.05"],
  ["label-invalid", "calibrate", dense("images.npy"), "--labels", dense("labels.npy"), "-e", "0.05"],
  ["shape-mismatch", "calibrate", ...labelled, "-e", "0.05", "--layout", "nlhwc"],
  ["shape-mismatch", "calibrate", dense("images.npy"), cal, "-e", "0.05"],
  ["bad-usage", "infer", "-t", thresholdPath, cal, "--predictions", join(out, "maps.npy")],
  ["risk-unknown", "calibrate", ...labelled, "-e", "0.05", "--risk", "prediction-gaps"],
  ["risk-unknown", "calibrate", ...labelled, "-e", "0.05", "--risk", "latency"],
  ["grid-invalid", "calibrate", ...labelled, "-e", "0.05", "--grid", "exakt"],
  ["key-invalid", "calibrate", ...labelled, "-e", "0.05", "-o", join(out, "signed.json"), "--sign", cal],
  ["key-invalid", "verify", thresholdPath, "--public-key", "LICENSE"],
  ["calibration-reused", "check", "-t", thresholdPath, ...labelled],
  ["baseline-mismatch", "check", "-t", thresholdPath, ...test497, "--baseline", cal, "--baseline-labels", calLabels],
  ["threshold-invalid", "check", "-t", "sample-data/digits/costs.json", ...test497],
  ["output-failed", "calibrate", ...labelled, "-e", "0.05", "-o", ""],
  ["output-failed", "calibrate", ...labelled, "-e", "0.05", "-o", "missing-folder/threshold.json"],
  ["model-invalid", "extract", cal, ...images, ...modelOut],
  ["model-too-large", "extract", hollow("large.onnx", 3 * 2 ** 30), ...images, ...modelOut],
  ["model-failed", "extract", embedding(), "--input", calLabels, ...modelOut],
  ["model-input", "extract", model, "--input", cal, ...modelOut],
  ["model-input", "extract", model, "--input", calLabels, ...modelOut],
  ["exits-unclear", "split", model, "--exits", "exit_1,exit_9", ...stagesOut],
  ["exits-not-nested", "split", noFurther, ...stagesOut],
  ["batch-axis", "split", fixedBatch, ...stagesOut],
  ["boundary-uncarried", "split", batchMean, ...stagesOut],
  ["stages-differ", "split", mixedRows, ...stagesOut],
  ["manifest-invalid", "infer", "-t", thresholdPath, "--model", changedStages(), ...images],
  ["bake-unsupported", "bake", inputCalledLogits(), "-t", thresholdPath, "-o", join(out, "baked.onnx")],
  ["file-exists", "split", model, "-o", "sample-data/digits/stages"],
  ["bad-usage", "extract", model, ...modelOut],
  ["bad-usage", "bake", model, "-t", thresholdPath],
  ["bad-usage", "infer", ...images, "-t", thresholdPath],
  ["not-supported-yet", "monitor", cal],
  ["answer-invalid", "report", "sample-data/digits/costs.json", "-o", join(out, "report.html")],
  ["bad-usage", "report", thresholdPath],
  ["bad-usage", "report", thresholdPath, "-o", "report.csv"],
];

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

const refusals: Refusal[] = [];

/** Runs what must be refused, checks the form of the answer and remembers it. */
async function refused(argv: readonly string[]): Promise<Refusal> {
  const { status, stdout, stderr, code } = await runCli(argv);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines, stderr).toHaveLength(2);
  const [what, hint] = lines;
  expect(what).toMatch(/^eexit: /);
  expect(hint).toMatch(/^hint: /);
  expect(stderr).not.toMatch(/\n\s+at |node:internal|undefined|\[object/);
  expect(what).not.toMatch(/\.$/);
  expect(hint).not.toMatch(/\.$/);
  const refusal = { code: code as ErrorCode, message: what.slice("eexit: ".length), hint: hint.slice("hint: ".length) };
  refusals.push(refusal);
  return refusal;
}

describe("broken files", () => {
  test.each(manifest)("$file: $code", async ({ file, args, command, code, says }) => {
    const path = `${broken}/${file}`;
    const argv = command
      ? command.map((word) => (word === "<file>" ? path : word))
      : ["calibrate", path, ...(args ?? []), "-e", "0.1"];
    const kept = process.memoryUsage().arrayBuffers;
    const refusal = await refused(argv);
    expect(refusal).toMatchObject({ code });
    expect(refusal.message).toContain(says);
    // Nothing of the size that a header claims was ever reserved; the largest honest file here unpacks to 23 MB.
    expect(process.memoryUsage().arrayBuffers - kept).toBeLessThan(150_000_000);
    for (const name of named(argv)) expect(refusal.message.split(name).length, "the name once").toBeLessThanOrEqual(2);
  });

  test("leave an output alone, and no other file behind", async () => {
    const folder = mkdtempSync(join(out, "kept-"));
    const target = join(folder, "threshold.json");
    writeFileSync(target, "old");
    for (const { file, command } of manifest) {
      if (command) continue;
      await runCli(["calibrate", `${broken}/${file}`, "-e", "0.1", "-o", target]);
      await runCli(["score", `${broken}/${file}`, "-o", join(folder, "table.arrow")]);
    }
    expect(readdirSync(folder).filter((name) => name !== "table.arrow")).toEqual(["threshold.json"]);
    expect(readFileSync(target, "utf8")).toBe("old");
  });
});

describe("calls", () => {
  it("has a threshold file to check with", async () => {
    const { status } = await runCli(["calibrate", ...labelled, "-e", "0.05", "-o", thresholdPath]);
    expect(status).toBe(0);
  });

  test.each(calls)("%s: eexit %s %s %s %s %s %s %s %s", async (code, ...argv) => {
    expect((await refused(argv)).code).toBe(code);
  });
});

describe("a machine without onnxruntime-node", () => {
  it("runtime-missing", async () => {
    vi.doMock("onnxruntime-node", () => ({
      get default() {
        throw new Error("Cannot find package 'onnxruntime-node'");
      },
    }));
    try {
      expect((await refused(["extract", model, ...images, ...modelOut])).code).toBe("runtime-missing");
    } finally {
      vi.doUnmock("onnxruntime-node");
    }
  });
});

describe("the catalogue", () => {
  it("holds what is provoked here, and nothing else", () => {
    expect([...new Set(refusals.map(({ code }) => code))].sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  it("is docs/errors.md, with a message of each code", () => {
    const text = readFileSync(page, "utf8");
    const [before, after] = [text.indexOf("| code |"), text.indexOf("\n\n", text.indexOf("| code |"))];
    const updated = `${text.slice(0, before)}${table()}${text.slice(after)}`;
    if (process.env.EEXIT_UPDATE_DOCS === "1") writeFileSync(page, updated);
    else expect(text).toBe(updated);
  });
});

/** One row per code, in the order of the catalogue. */
function table(): string {
  const rows = Object.entries(errorCatalogue).map(([code, meaning]) => {
    // The parser's own words in a message differ between versions of Node.
    const first = refusals.find((refusal) => refusal.code === code && !/in JSON at/.test(refusal.message));
    const { message, hint } = first as Refusal;
    return `| \`${code}\` | ${cell(meaning)} | ${cell(message)} | ${cell(hint)} |`;
  });
  return ["| code | it means | for example | what to do |", "|---|---|---|---|", ...rows].join("\n");
}

function cell(text: string): string {
  return text.replaceAll(`${out}/`, "").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}

/** Paths of a call: a message that says one twice reads badly. */
function named(argv: readonly string[]): string[] {
  return argv.filter((word) => word.includes("/"));
}
