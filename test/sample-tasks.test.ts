import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "./support/scratch.ts";

/** The worked stories of sample-data/tasks: their scripts run to the end with nothing but sh and the built program. */
const program = resolve("dist/bin/eexit.js");
const shell = spawnSync("sh", ["-c", ":"]).status === 0;
const able = existsSync(program) && shell;
if (!able) {
  const lacking = shell ? "dist/bin/eexit.js is missing (npm run build)" : "there is no sh here";
  process.stderr.write(`test/sample-tasks.test.ts: scripts not run, ${lacking}\n`);
}

const root = "sample-data/tasks";
const stories = readdirSync(root);
const scratch = scratchFolder();

describe("every story", () => {
  test.each(stories)("%s has a README, a script and small data", (story) => {
    const files = readdirSync(join(root, story));
    expect(files).toEqual(expect.arrayContaining(["README.md", "run.sh"]));
    for (const file of files) expect(statSync(join(root, story, file)).size).toBeLessThan(1_000_000);
    const readme = readFileSync(join(root, story, "README.md"), "utf8");
    for (const file of files.filter((name) => !/^(README\.md|run\.sh)$/.test(name))) expect(readme).toContain(file);
  });

  test.each(stories)("%s: the script names no program but eexit and what every sh has", (story) => {
    const script = readFileSync(join(root, story, "run.sh"), "utf8");
    expect(script).toMatch(/^#!\/bin\/sh\n/);
    const words = script
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.trim().split(/[\s=]/)[0]);
    const known = ["set", "here", "out", "mkdir", "run()", "run", "echo", "}"];
    expect(words.filter((word) => !known.includes(word) && !/^[$-]/.test(word))).toEqual([]);
  });

  test.skipIf(!able).each(stories)("%s: the script runs from any folder", { timeout: 120_000 }, (story) => {
    const folder = scratch.path(story);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, EEXIT: `${process.execPath} ${program}` };
    const { status, stdout, stderr } = spawnSync("sh", [resolve(root, story, "run.sh"), folder], {
      env,
      cwd: scratch.path(""),
      encoding: "utf8",
    });
    expect({ status, stderr: stderr.split("\n").filter((line) => line.startsWith("eexit:")) }).toEqual({
      status: 0,
      stderr: [],
    });
    expect(stdout).toContain("$ eexit calibrate");
    const written = readdirSync(folder).filter((name) => name.endsWith(".json"));
    expect(written.length).toBeGreaterThan(0);
    for (const name of written) JSON.parse(readFileSync(join(folder, name), "utf8"));
    wants[story]?.(folder);
  });
});

/** What else a script is to leave in its folder. */
const wants: Readonly<Record<string, (folder: string) => void>> = {
  segmentation(folder) {
    const nine = readFileSync(join(folder, "nine.csv"), "utf8").trim().split("\n");
    expect(nine.filter((line) => line.includes("@")).length).toBe(9 * 2 * 2 * 2);
    expect(JSON.parse(readFileSync(join(folder, "threshold.json"), "utf8"))).toMatchObject({
      policy: "threshold",
      confidence: "top1@mean",
      risk: "miscoverage",
      exits: 4,
      ignoreLabel: [255],
    });
  },
};
