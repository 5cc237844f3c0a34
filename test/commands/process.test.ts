import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, test } from "vitest";
import { bash } from "../support/bash.ts";
import { dense, expectedDense } from "../support/dense-cases.ts";
import { digits, input, labelled, scratchFolder, succeed } from "../support/scratch.ts";

/** The built program as a process of its own: pipes, signals, permissions and what it loads. `npm test` builds it first. */
const program = resolve("dist/bin/eexit.js");
const built = existsSync(program);
if (!built)
  process.stderr.write("test/commands/process.test.ts: not run, dist/bin/eexit.js is missing (npm run build)\n");

const scratch = scratchFolder();
const plainEnv = { PATH: process.env.PATH, HOME: process.env.HOME };

interface ProcessOptions {
  readonly input?: Uint8Array;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

function eexit(argv: readonly string[], { input: stdin, cwd, env }: ProcessOptions = {}) {
  const options = { input: stdin, cwd, env: { ...plainEnv, ...env }, timeout: 30_000, maxBuffer: 1 << 28 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], options);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

function shell(line: string) {
  return bash(line, { options: ["-o", "pipefail"], env: plainEnv });
}

const run = `'${process.execPath}' '${program}'`;

describe.skipIf(!built)("stdin", () => {
  test.each([
    ["Arrow", digits("logits_cal.arrow")],
    ["pickle", digits("digits.p")],
    ["NPY", digits("logits_cal.npy")],
    ["NPZ", input("named.npz")],
    ["safetensors", input("named.safetensors")],
    ["a loss table", "sample-data/loss-table/deediff.npz"],
  ])("%s: cat file | eexit calibrate - is eexit calibrate file", async (_, file) => {
    const { stdout } = await succeed(["calibrate", file, "-e", "0.2"]);
    const piped = shell(`cat ${file} | ${run} calibrate - -e 0.2`);
    expect(piped).toMatchObject({ status: 0, stdout });
  });

  test("CSV, with its options", async () => {
    const options = "--risk mine --binary -e 0.2";
    const { stdout } = await succeed(["calibrate", input("own-loss.csv"), ...options.split(" ")]);
    expect(shell(`cat ${input("own-loss.csv")} | ${run} calibrate - ${options}`).stdout).toBe(stdout);
  });

  test("nothing at all", () => {
    const { status, stderr } = shell(`${run} calibrate - -e 0.05 < /dev/null`);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("stdin is empty") });
  });

  test("score | calibrate", async () => {
    const { stdout } = await succeed(["calibrate", ...labelled, "-e", "0.05"]);
    expect(shell(`${run} score ${labelled.join(" ")} -o - -q | ${run} calibrate - -e 0.05 -q`)).toEqual({
      status: 0,
      stdout,
      stderr: "",
    });
  });
});

describe.skipIf(!built)("the other end", () => {
  test("a closed pipe ends quietly", () => {
    const argv = `sweep ${digits("logits_cal.npy")} -e 0.001:0.3:0.001 --method naive --format csv -q`;
    const { stdout, stderr } = shell(`{ ${run} ${argv}; echo "status $?" >&2; } | head -1`);
    expect(stdout).toMatch(/^risk,/);
    expect(stderr.replace(/status 0\n/, "")).toBe("");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s is status %i, and no file is left", async (signal, status) => {
    const folder = scratch.path(signal);
    mkdirSync(folder);
    const child = spawn(process.execPath, [program, "score", "-", "-o", `${folder}/table.arrow`], { env: plainEnv });
    child.stdin.on("error", () => {});
    // Far more than a pipe holds: when it is written, the program runs and reads. It waits for the rest, so it is certainly not finished.
    const start = Buffer.concat([readFileSync(digits("logits_cal.npy")), Buffer.alloc(4_000_000)]);
    await new Promise((read) => child.stdin.write(start, read));
    child.kill(signal);
    const ended = await new Promise((done) => child.on("exit", (code, by) => done(code ?? by)));
    expect(ended).toBe(status);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an input that may not be read is one line", () => {
    const path = scratch.write("secret.npy", "x");
    chmodSync(path, 0o000);
    const { status, stderr } = eexit(["calibrate", path, "-e", "0.05"]);
    expect(status).toBe(2);
    // Root may read everything; then the content is what is wrong.
    if (process.getuid?.() !== 0) expect(stderr).toContain("EACCES");
  });

  test("errors do not touch stdout, and a bug would be status 3", () => {
    expect(eexit(["calibrate", "sample-data", "-e", "0.05"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe.skipIf(!built)("the same bytes", () => {
  test("from another folder, in another language and time zone, with and without colour", async () => {
    const { stdout } = await succeed(["calibrate", ...labelled, "-e", "0.05"]);
    const argv = ["calibrate", resolve(labelled[0]), "--labels", resolve(labelled[2]), "-e", "0.05"];
    mkdirSync(scratch.path("elsewhere"));
    const env = { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Asia/Kathmandu", FORCE_COLOR: "1" };
    expect(eexit(argv, { cwd: scratch.path("elsewhere"), env }).stdout).toBe(stdout);
  });

  test("of dense logits, with the SIMD kernel and without", () => {
    const { ignored } = expectedDense;
    for (const asked of [[dense("images.npy")], [dense("images-nlhwc.npy"), "--layout", "nlhwc"]]) {
      const score = [...asked, "--labels", dense("labels.npy"), "--ignore-label", ignored.join(",")];
      const [simd, plain] = ["1", "0"].map((simd) => {
        const table = scratch.path(`simd-${simd}.arrow`);
        expect(eexit(["score", ...score, "-o", table], { env: { EEXIT_SIMD: simd } })).toMatchObject({ status: 0 });
        return readFileSync(table);
      });
      expect(plain.equals(simd)).toBe(true);
    }
  });

  test("scoring does not grow with the number of rows", () => {
    const report = `process.on("exit", () => process.stderr.write("maxrss " + process.resourceUsage().maxRSS))`;
    const hook = `data:text/javascript,${encodeURIComponent(report)}`;
    /** Most memory, in KB, of scoring the same 400 rows over and over as shards of one input. */
    const peak = (shards: number) => {
      const files = Array.from({ length: shards }, () => digits("logits_cal.npy"));
      const argv = ["--import", hook, program, "score", ...files, "-o", scratch.path("many.arrow")];
      const { stderr } = spawnSync(process.execPath, argv, { env: plainEnv });
      expect(stderr.toString()).toContain(`${400 * shards} samples`);
      return Number(/maxrss (\d+)/.exec(stderr.toString())?.[1]);
    };
    /** A run in which the garbage collector came late takes up to 15 MB more than it needs. */
    const needed = (shards: number) => Math.min(...[1, 2, 3].map(() => peak(shards)));
    // 600 shards more are 47 MB of table and 38 MB of logits. Both runs are past the warm-up of the garbage collector,
    // which takes some 200 shards (95 MB at 100, 109 MB at 600, 113 MB at 1200).
    expect(needed(800) - needed(200)).toBeLessThan(20_000);
  });
});

describe.skipIf(!built)("what is loaded", () => {
  const hook = pathToFileURL(resolve("test/support/show-imports.js")).href;
  const table = scratch.path("table.arrow");
  const path = scratch.path("threshold.json");

  const known = new Map<string, string[]>();
  /** The files of packages and of the bundled program that a command loads; it is run once, however many tests ask. */
  function filesOf(argv: readonly string[], env: Record<string, string> = {}): string[] {
    const key = JSON.stringify([argv, env]);
    if (!known.has(key)) known.set(key, loadedBy(argv, env));
    return known.get(key)!;
  }

  function loadedBy(argv: readonly string[], env: Record<string, string>): string[] {
    const options = { env: { ...plainEnv, ...env } };
    const { status, stderr } = spawnSync(process.execPath, ["--import", hook, program, ...argv], options);
    expect(status, stderr.toString()).toBe(0);
    const lines = stderr.toString().match(/^(import|require) .*$/gm) ?? [];
    return [...new Set(lines.map((line) => line.replace(/^(import|require) (file:\/\/)?/, "")))];
  }

  /** The packages among them: loaded as they are, or as the chunk of the bundle that holds one. */
  function packagesOf(argv: readonly string[], env: Record<string, string> = {}): Set<string> {
    const named = /\/node_modules\/((?:@[^/]+\/)?[^/]+)|\/dist\/bin\/package-(.*)\.js$/;
    return new Set(filesOf(argv, env).flatMap((file) => (named.exec(file)?.slice(1) ?? []).filter(Boolean)));
  }

  /** Kilobytes of JavaScript that a command loads. */
  function kilobytesOf(argv: readonly string[]): number {
    const sizes = filesOf(argv).map((file) => statSync(file).size);
    return sizes.reduce((sum, size) => sum + size, 0) / 1000;
  }

  it.each([
    [["--help"], 25],
    [["plan", "-e", "0.05"], 200],
    [["calibrate", ...labelled, "-e", "0.05"], 360],
    [["score", ...labelled, "-o", table], 540],
    [["check", "-t", "sample-data/digits/threshold.json", "sample-data/digits/logits_test.npy", "-q"], 640],
  ] as const)("is small (%j: at most %i kB)", (argv, limit) => {
    const labels = argv[0] === "check" ? ["--labels", digits("labels_test.npy")] : [];
    const kilobytes = kilobytesOf([...argv, ...labels]);
    expect(kilobytes).toBeLessThan(limit);
    // A limit far above would not notice a package that creeps in.
    expect(kilobytes).toBeGreaterThan(limit / 2);
  });

  // Each file is found, read and compiled for about 0.4 ms, whatever is in it.
  it.each([
    [["--help"], 1],
    [["-V"], 1],
    [["plan", "-e", "0.05"], 6],
    [["calibrate", ...labelled, "-e", "0.05"], 13],
    [["sweep", ...labelled, "-e", "0.05"], 12],
    [["score", ...labelled, "-o", table], 11],
  ] as const)("is few files (%j: at most %i)", (argv, limit) => {
    expect(filesOf(argv).length).toBeLessThanOrEqual(limit);
  });

  it("is nothing of Node's that starts programs, threads or ciphers for help and plan", () => {
    const script = `process.on("exit", () => process.stderr.write(JSON.stringify(process.moduleLoadList)))`;
    const preload = `data:text/javascript,${encodeURIComponent(script)}`;
    for (const argv of [["--help"], ["plan", "-e", "0.05"]]) {
      const argvOfNode = ["--import", preload, program, ...argv];
      const { stderr } = spawnSync(process.execPath, argvOfNode, {
        env: plainEnv,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const loaded = stderr.toString();
      expect(loaded).toContain("NativeModule events");
      for (const name of ["child_process", "crypto", "worker_threads", "zlib"]) {
        expect(loaded, argv[0]).not.toContain(`"NativeModule ${name}"`);
      }
    }
  });

  it("is nothing outside the bundle", () => {
    for (const argv of [["--help"], ["plan", "-e", "0.05"], ["calibrate", ...labelled, "-e", "0.05"]]) {
      expect(filesOf(argv).filter((file) => !file.includes("/dist/bin/"))).toEqual([]);
    }
  });

  it("is light for help, plan and calibrate", () => {
    writeFileSync(scratch.path("warm"), "");
    for (const argv of [["--help"], ["-V"], ["help", "risks"]]) expect([...packagesOf(argv)]).toEqual([]);
    for (const argv of [
      ["calibrate", "--help"],
      ["plan", "-e", "0.05"],
      ["calibrate", ...labelled, "-e", "0.05", "-o", path],
      ["calibrate", digits("digits.p"), "-e", "0.05"],
      ["calibrate", "sample-data/loss-table/deediff.npz", "-e", "0.01"],
    ]) {
      expect([...packagesOf(argv)], argv.join(" ")).toEqual(["commander"]);
    }
    expect([...packagesOf(["--help"], { FORCE_COLOR: "1" })]).toEqual(["chalk"]);
  });

  it("holds zod only where a threshold file is read, tinyglobby for globs, and never onnxruntime-node", () => {
    expect(packagesOf(["score", ...labelled, "-o", table])).not.toContain("onnxruntime-node");
    const fresh = [digits("logits_test.npy"), "--labels", digits("labels_test.npy")];
    const check = packagesOf(["check", "-t", path, ...fresh]);
    expect([...check].sort()).toEqual(["commander", "zod"]);
    expect(packagesOf(["calibrate", "sample-data/digits/logits_c*.npy", "-e", "0.1"])).toContain("tinyglobby");
    for (const argv of [
      ["sweep", table, "-e", "0.05"],
      ["inspect", table],
      ["verify", path, ...labelled],
    ]) {
      expect(packagesOf(argv), argv[0]).not.toContain("onnxruntime-node");
      expect(packagesOf(argv), argv[0]).not.toContain("cli-progress");
    }
  });
});
