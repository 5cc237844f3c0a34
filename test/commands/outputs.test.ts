import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { fresh, jsonFile, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const calibrate = ["calibrate", ...labelled, "-e", "0.05"];

describe("-o", () => {
  it("holds what stdout would, and leaves stdout empty", async () => {
    const { stdout } = await succeed(calibrate);
    const path = scratch.path("threshold.json");
    expect((await succeed([...calibrate, "-o", path])).stdout).toBe("");
    expect(readFileSync(path, "utf8")).toBe(stdout);
    expect((await succeed([...calibrate, "-o", "-"])).stdout).toBe(stdout);
  });

  it("replaces a file in one step: its mode stays, a link still points to it, nothing else is left", async () => {
    mkdirSync(scratch.path("replaced"));
    const path = scratch.write("replaced/threshold.json", "old");
    chmodSync(path, 0o600);
    const inode = statSync(path).ino;
    symlinkSync("threshold.json", scratch.path("replaced/link.json"));
    await succeed([...calibrate, "-o", scratch.path("replaced/link.json")]);
    expect(jsonFile(path).format).toBe("eexit-threshold");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).ino).not.toBe(inode);
    expect(readdirSync(dirname(path)).sort()).toEqual(["link.json", "threshold.json"]);
  });

  it("is kept when the run fails", async () => {
    mkdirSync(scratch.path("kept"));
    const path = scratch.write("kept/threshold.json", "old");
    expect((await runCli([...calibrate, "--risk", "latency", "-o", path])).status).toBe(2);
    expect((await runCli([...calibrate, "--report", scratch.path("none/report.md"), "-o", path])).status).toBe(2);
    expect(readFileSync(path, "utf8")).not.toBe("");
    expect(readdirSync(dirname(path))).toEqual(["threshold.json"]);
  });

  test.each([
    ["a missing folder", "none/threshold.json", "its folder does not exist"],
    ["a folder", "", "is a folder"],
  ])("%s is one line with a hint", async (_, name, says) => {
    const { code, stderr } = await runCli([...calibrate, "-o", scratch.path(name)]);
    expect(code).toBe("output-failed");
    expect(stderr).toContain(says);
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("caution:")),
    ).toHaveLength(2);
  });
});

describe("--report", () => {
  const started: Record<string, RegExp> = {
    md: /^## eexit /,
    csv: /^[a-zA-Z]+(,[a-zA-Z]+)*\n/,
    json: /^\{/,
    xml: /^<\?xml version="1.0"/,
    txt: /^eexit /,
  };
  const path = scratch.path("for-reports.json");
  const commands: [string, string[]][] = [
    ["calibrate", calibrate],
    ["sweep", ["sweep", ...labelled, "-e", "0.05", "--risk", "prediction-gap"]],
    ["check", ["check", "-t", path, ...fresh]],
  ];

  it.each(commands)("of %s in every format, in one run", async (name, argv) => {
    await succeed([...calibrate, "-o", path]);
    mkdirSync(scratch.path(name));
    const reports = Object.keys(started).map((extension) => scratch.path(`${name}/report.${extension}`));
    const plain = await succeed(argv);
    const { stdout } = await succeed([...argv, ...reports.flatMap((file) => ["--report", file])]);
    expect(stdout).toBe(plain.stdout);
    expect(readdirSync(scratch.path(name)).sort()).toEqual(reports.map((file) => file.split("/").at(-1)).sort());
    for (const file of reports) {
      expect(readFileSync(file, "utf8"), file).toMatch(started[file.split(".").at(-1) as string]);
      expect(readFileSync(file, "utf8").endsWith("\n")).toBe(true);
    }
    expect(jsonFile(scratch.path(`${name}/report.json`)).format).toMatch(/^eexit-/);
  });

  it("with figures leave the answer as it was, and are the same bytes again", async () => {
    const plain = await succeed(calibrate);
    const files = ["html", "svg", "png"].map((extension) => scratch.path(`figures.${extension}`));
    const write = () => succeed([...calibrate, ...files.flatMap((file) => ["--report", file])]);
    expect((await write()).stdout).toBe(plain.stdout);
    const first = files.map((file) => readFileSync(file));
    await write();
    expect(files.map((file) => readFileSync(file))).toEqual(first);
    expect(first.map((bytes) => bytes.subarray(0, 4).toString("latin1"))).toEqual(["<!do", "<svg", "\x89PNG"]);
  });

  it("of another extension is refused", async () => {
    expect((await runCli([...calibrate, "--report", "report.pdf"])).code).toBe("bad-usage");
    expect((await runCli([...calibrate, "--report", "report"])).stderr).toContain("no extension");
  });
});

test("the same command gives the same bytes, whatever the working folder, the language and the time zone", async () => {
  const { stdout, stderr } = await succeed(calibrate);
  const env = { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Asia/Kathmandu" };
  writeFileSync(scratch.path("elsewhere"), "");
  const again = await succeed(calibrate, { env });
  expect({ stdout: again.stdout, stderr: again.stderr }).toEqual({ stdout, stderr });
});
