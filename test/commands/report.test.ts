import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { fresh, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const html = (name: string) => readFileSync(scratch.path(name), "utf8");
/** A saved answer does not know its data, so neither where they came from nor what every exit did; nothing else may differ. */
const body = (page: string) =>
  page.replace(/<footer>[\s\S]*<\/footer>/, "").replace(/<h3>Exit by exit[\s\S]*?(?=<details class="rows")/, "");

async function saved(name: string, argv: readonly string[]): Promise<string> {
  const { stdout } = await succeed([...argv, "--format", "json", "--report", scratch.path(`${name}-live.html`)]);
  return scratch.write(`${name}.json`, stdout);
}

describe("a saved answer draws what its command drew", () => {
  it.each([
    ["curves", ["sweep", ...labelled, "-e", "0.05:0.2:0.05", "--risk", "prediction-gap"]],
    [
      "trials",
      ["sweep", ...labelled, "-e", "0.05,0.1", "--trials", "4", "--calibration-size", "100", "--risk", "hellinger"],
    ],
    ["audit", ["sweep", ...labelled, "-e", "0.1", "--audit", "--trials", "4", "--risk", "prediction-consistency"]],
    ["table", ["sweep", "sample-data/loss-table/deediff-small.csv", "-e", "0.02,0.05", "--method", "ucb"]],
  ])("%s", async (name, argv) => {
    const path = await saved(name, argv);
    await succeed(["report", path, "-o", scratch.path(`${name}.html`)]);
    expect(body(html(`${name}.html`))).toBe(body(html(`${name}-live.html`)));
  });

  it("inspect, whose exits are the paper's first figure", async () => {
    const { stdout } = await succeed(["inspect", ...labelled, "--format", "json"]);
    const { stderr } = await succeed(["report", "-", "-o", scratch.path("inspect.html")], { stdin: stdout });
    expect(stderr).toContain("1 answer, 3 figures");
    for (const title of ["Accuracy and confidence", "Brier score", "Risk if every sample left there"])
      expect(html("inspect.html")).toContain(`>${title}</text>`);
  });

  it("check and bench", async () => {
    const threshold = scratch.path("threshold.json");
    await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", threshold]);
    const path = await saved("check", ["check", "-t", threshold, ...fresh]);
    const model = ["sample-data/digits/model.onnx", "-t", threshold, "--input", "sample-data/digits/inputs_test.npy"];
    const bench = await saved("bench", ["bench", ...model, "--runs", "1", "--batch", "8,64", "--rows", "64"]);
    await succeed(["report", threshold, path, bench, "-o", scratch.path("all.html"), "-o", scratch.path("all.md")]);
    const page = html("all.html");
    expect(page).toContain('<p class="verdict good">holds</p>');
    expect(page).toContain("Observed risk 0.02817 on 497 fresh samples; the level is 0.05.");
    expect(page).toContain(">promised by the costs</text>");
    expect(html("all.md")).toContain("## eexit bench of sample-data/digits/model.onnx");
    expect(html("check-live.html")).toContain(">Where samples leave</text>");
  });
});

describe("refuses", () => {
  const threshold = { format: "eexit-sweep", version: 1, samples: 3, exits: 2, trials: null, seed: 0 };
  it.each([
    ["no answer", "[1]", "answer-invalid", "no format, expected one of eexit-threshold, eexit-sweep"],
    ["another format", '{"format":"x"}', "answer-invalid", 'format is "x", expected one of'],
    ["broken JSON", "{", "answer-invalid", "not JSON ("],
    ["a later version", '{"format":"eexit-sweep","version":2}', "version-unsupported", "version 2, expected at most 1"],
    ["a missing field", JSON.stringify(threshold), "answer-invalid", "calibrationSize is missing"],
    ["no rows", JSON.stringify({ ...threshold, calibrationSize: null, rows: [] }), "answer-invalid", "rows: found []"],
    ["a listing", '{"format":"eexit-inspect","version":1,"kind":"arrays"}', "answer-invalid", 'kind: found "arrays"'],
  ])("%s", async (_, text, code, message) => {
    const finished = await runCli(["report", scratch.write("wrong.json", text), "-o", scratch.path("wrong.html")]);
    expect(finished).toMatchObject({ status: 2, code });
    expect(finished.stderr).toContain(message);
  });

  it("an output that is its input, or that holds one answer for programs", async () => {
    const path = scratch.write("answer.html", "{}");
    expect((await runCli(["report", path, "-o", path])).code).toBe("file-exists");
    const { stderr } = await runCli(["report", path, "-o", "all.json"]);
    expect(stderr).toContain("-o all.json: .json holds one answer for programs");
  });
});
