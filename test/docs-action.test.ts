import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bash, hasBash } from "./support/bash.ts";
import { fencedBlocks } from "./support/console-blocks.ts";
import { scratchFolder } from "./support/scratch.ts";

/** The shell steps of the composite action in docs/ci-gate.md, run by bash as GitHub runs them, with the built program. */
const root = resolve(import.meta.dirname, "..");
const program = join(root, "dist/bin/eexit.js");
const runs = hasBash && existsSync(program);
if (!runs) process.stderr.write("docs-action.test.ts: not run: bash or dist/bin/eexit.js is missing (npm run build)\n");

const blocks = fencedBlocks(readFileSync(join(root, "docs/ci-gate.md"), "utf8"));
const action = blocks.find(({ lines }) => lines.includes("  using: composite"))!.lines;
const scratch = scratchFolder();
let count = 0;

interface Step {
  readonly condition: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly script: string;
}

/** The steps with a script: enough YAML for this one file. */
function scriptSteps(lines: readonly string[]): Step[] {
  const starts = lines.flatMap((line, index) => (line.startsWith("    - ") ? [index] : []));
  return starts.flatMap((start, index) => {
    const part = lines.slice(start, starts[index + 1]).map((line) => line.slice(6));
    const at = part.findIndex((line) => line.startsWith("run: "));
    if (at < 0) return [];
    const inline = part[at].slice("run: ".length);
    const env = part.flatMap((line) => {
      const [, name, value] = /^ {2}([A-Z_]+): (.*)$/.exec(line) ?? [];
      return name ? [[name, value]] : [];
    });
    return [
      {
        condition: part.find((line) => line.startsWith("if: "))?.slice(4) ?? null,
        env: Object.fromEntries(env),
        script:
          inline === "|"
            ? part
                .slice(at + 1)
                .map((line) => line.slice(2))
                .join("\n")
            : inline,
      },
    ];
  });
}

/** Defaults of the inputs, by name. */
function defaults(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  let name = "";
  for (const line of lines.slice(lines.indexOf("inputs:"), lines.indexOf("outputs:"))) {
    name = /^ {2}([\w-]+):$/.exec(line)?.[1] ?? name;
    const value = /^ {4}default: (.*)$/.exec(line)?.[1];
    if (value !== undefined) found[name] = value === '""' ? "" : value;
  }
  return found;
}

/** A folder with fresh rows, a threshold file and an `eexit` and an `npm` on the path. */
function workspace(): { folder: string; run(inputs: Record<string, string>): { status: number; text: string } } {
  const folder = scratch.path(`work-${count++}`);
  mkdirSync(join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, "fresh"));
  for (const [name, text] of [
    ["eexit", `exec '${process.execPath}' '${program}' "$@"`],
    ["npm", "exit 0"],
  ]) {
    writeFileSync(join(folder, "bin", name), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  for (const part of ["logits", "labels"])
    cpSync(join(root, `sample-data/digits/${part}_test.npy`), join(folder, `fresh/${part}.npy`));
  cpSync(join(root, "sample-data/digits/threshold.json"), join(folder, "threshold.json"));
  return { folder, run: (inputs) => runAction(folder, { ...defaults(action), ...inputs }) };
}

/** As the runner does: expressions filled in, each step by bash with -e and pipefail, stop at the first failure. */
function runAction(folder: string, inputs: Readonly<Record<string, string>>): { status: number; text: string } {
  let text = "";
  const filled = (value: string) => value.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name]);
  for (const { condition, env, script } of scriptSteps(action)) {
    const wanted = condition === null || inputs[/^inputs\.([\w-]+) != ''$/.exec(condition)![1]] !== "";
    if (!wanted) continue;
    expect(script).not.toContain("${{");
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
    const { status, stdout, stderr } = bash(script, {
      options: ["-eo", "pipefail"],
      cwd: folder,
      env: {
        ...process.env,
        ...own,
        PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`,
        GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
        GITHUB_OUTPUT: join(folder, "output"),
      },
    });
    text += stdout + stderr;
    if (status !== 0) return { status: status ?? -1, text };
  }
  return { status: 0, text };
}

const rows = { data: "fresh/logits.npy", labels: "fresh/labels.npy" };

describe.skipIf(!runs)("the composite action of docs/ci-gate.md", () => {
  it("passes, annotates, summarises and tells its verdict", () => {
    const { folder, run } = workspace();
    const { status, text } = run({ ...rows, options: "--min-saving 30%" });
    expect(text).toMatch(/^::notice title=/m);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, "output"), "utf8")).toBe("verdict=holds\n");
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toMatch(
      /^## eexit check of prediction-gap ≤ 0.05: holds\n/,
    );
    expect(existsSync(join(folder, "reports/check.xml"))).toBe(true);
  });

  it("fails on a gate with status 1 and still tells the verdict", () => {
    const { folder, run } = workspace();
    const { status, text } = run({ ...rows, options: "--max-mean-exit 1" });
    expect([status, /^::error title=/m.test(text)]).toEqual([1, true]);
    expect(readFileSync(join(folder, "output"), "utf8")).toBe("verdict=holds\n");
  });

  it("fails with status 2 where nothing was tested, without a verdict", () => {
    const { folder, run } = workspace();
    expect(run({ data: "fresh/missing.npy" }).status).toBe(2);
    expect(existsSync(join(folder, "output"))).toBe(false);
  });

  it("leaves globs to eexit and treats what it is given as words, not as code", () => {
    const { folder, run } = workspace();
    expect(run({ ...rows, data: "fresh/logi*.npy" }).status).toBe(0);
    const { status } = run({
      ...rows,
      data: "fresh/logits.npy; touch hacked; $(touch hacked)",
      labels: "$(touch hacked)",
    });
    expect([status, existsSync(join(folder, "hacked"))]).toEqual([2, false]);
  });

  it("with a key refuses an unsigned and a changed file", () => {
    const { folder, run } = workspace();
    const eexit = (...argv: string[]) => spawnSync(process.execPath, [program, ...argv], { cwd: folder });
    const node = `const { generateKeyPairSync } = require("node:crypto"), { writeFileSync } = require("node:fs");
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      writeFileSync("key.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
      writeFileSync("pub.pem", publicKey.export({ type: "spki", format: "pem" }));`;
    spawnSync(process.execPath, ["-e", node], { cwd: folder });
    const keyed = { ...rows, "public-key": "pub.pem" };
    expect(run(keyed).status).toBe(2);
    const cal = ["logits", "labels"].map((part) => join(root, `sample-data/digits/${part}_cal.npy`));
    eexit("calibrate", cal[0], "--labels", cal[1], "-e", "0.05", "-o", "threshold.json", "--sign", "key.pem");
    expect(run(keyed).status).toBe(0);
    writeFileSync(join(folder, "threshold.json"), `${readFileSync(join(folder, "threshold.json"), "utf8")} `);
    const { status, text } = run(keyed);
    expect(status).toBe(1);
    expect(text).toContain("signature invalid");
  });
});
