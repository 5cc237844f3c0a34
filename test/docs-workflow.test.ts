import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FencedBlock, fencedBlocks } from "./support/console-blocks.ts";
import { DocumentShell } from "./support/document-shell.ts";

/** The shell steps of the workflows in docs/ci-gate.md run, in order, on the bundled data. */
const root = resolve(import.meta.dirname, "..");
const started = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "eexit-workflow-"));
const blocks = fencedBlocks(readFileSync(join(root, "docs/ci-gate.md"), "utf8")).filter(
  ({ language }) => language === "yaml",
);
const isAction = ({ lines }: FencedBlock) => lines.includes("  using: composite");
const workflows = blocks.filter((block) => !isAction(block) && stepsOf(block.lines).length > 0);

beforeAll(async () => {
  process.chdir(folder);
  mkdirSync("fresh");
  cpSync(join(root, "sample-data/digits/logits_test.npy"), "fresh/logits.npy");
  const calibration = join(root, "sample-data/digits/logits_cal.npy");
  await new DocumentShell().run(`eexit calibrate ${calibration} -e 0.05 -o threshold.json`);
});

afterAll(() => {
  process.chdir(started);
  rmSync(folder, { recursive: true });
});

describe.each(workflows)("workflow at line $line of docs/ci-gate.md", ({ lines }) => {
  const shell = new DocumentShell({ GITHUB_STEP_SUMMARY: "summary.md" });
  const steps = stepsOf(lines);

  it("has steps that call eexit", () => {
    expect(steps.join("\n")).toContain("eexit check");
  });

  it.each(steps)("%s", async (step) => {
    const { status, text } = await shell.run(step);
    if (status !== 0) throw new Error(`exit status ${status}: ${text}`);
    const [, report] = /--report (\S+)/.exec(step) ?? [];
    if (report) expect(existsSync(report), report).toBe(true);
    if (step.includes("--format github")) expect(existsSync("summary.md")).toBe(true);
  });

  afterAll(() => {
    for (const line of shell.skipped) process.stderr.write(`docs/ci-gate.md: not run in tests: ${line}\n`);
  });
});

/** Commands of `run: …`, of the lines under `run: |` (continued by `\`), and of GitLab's `script:` list. */
function stepsOf(lines: readonly string[]): string[] {
  const steps: string[] = [];
  let block = -1;
  let inScript = false;
  for (const line of lines) {
    const indent = line.search(/\S/);
    const text = line.trim();
    if (block >= 0 && indent > block) {
      if (steps.at(-1)?.endsWith("\\")) steps.push(`${steps.pop()!.slice(0, -1).trim()} ${text}`);
      else steps.push(text);
      continue;
    }
    block = -1;
    if (text === "run: |") block = indent;
    else if (text.startsWith("run: ")) steps.push(text.slice(5));
    else if (inScript && text.startsWith("- ")) steps.push(text.slice(2));
    else inScript = text === "script:";
  }
  return steps;
}
