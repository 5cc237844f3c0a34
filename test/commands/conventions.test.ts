import { readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { commandList, plannedCommands } from "../../commands/command-list.ts";
import { helpTopics } from "../../commands/help-topics.ts";
import { run } from "../../commands/program.ts";
import { riskCatalogue } from "../../src/exits/loss-kinds.ts";
import { tool } from "../../src/version.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, fresh, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const names = commandList.map(({ name }) => name);
const calibrate = ["calibrate", ...labelled, "-e", "0.05"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour is an escape sequence
const escapes = /\u001b\[/;

describe("help", () => {
  it("-h, --help, help and no word at all show the commands", async () => {
    const { stdout } = await succeed(["--help"]);
    for (const argv of [["-h"], ["help"], []]) expect((await succeed(argv)).stdout).toBe(stdout);
    for (const name of names) expect(stdout).toContain(`\n  ${name} `);
    expect(stdout).toContain("Exit status: 0 ");
  });

  it.each(names)("%s: examples first, options in groups, exit statuses; -h is the short one", async (name) => {
    const long = (await succeed([name, "--help"])).stdout;
    const short = (await succeed([name, "-h"])).stdout;
    expect((await succeed(["help", name])).stdout).toBe(long);
    const [summary, usage, examples] = long.split("\n\n");
    expect(summary).toMatch(/\.$/);
    expect(usage).toMatch(new RegExp(`^Usage: eexit ${name} `));
    const lines = examples.split("\n");
    expect(lines[0]).toBe("Examples:");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(long).toMatch(/\nGeneral:\n/);
    expect(long).toMatch(/\nExit status:\n {2}0 /);
    expect(short).not.toContain("Exit status:");
    expect(short.length).toBeLessThan(long.length);
    for (const line of long.split("\n").filter((text) => !text.includes("eexit ")))
      expect(line.length).toBeLessThan(121);
  });

  it("asks for no inputs", async () => {
    expect((await runCli(["check", "--help"], { isTTY: true })).status).toBe(0);
    expect((await runCli(["calibrate", "missing.npy", "-e", "x", "-h"])).status).toBe(0);
  });

  it("topics say what the contract wants", async () => {
    for (const topic of ["formats", "risks", "methods", "exit-codes"]) {
      expect((await succeed(["help", topic])).stdout).toBe(helpTopics[topic as keyof typeof helpTopics]);
    }
    for (const { name, symbol } of Object.values(riskCatalogue)) {
      expect(helpTopics.risks).toContain(name);
      expect(helpTopics.risks).toContain(symbol);
    }
    expect(helpTopics.methods).toContain("ltt is ucb with another bound");
    for (const status of ["0", "1", "2", "3", "130", "143"]) expect(helpTopics["exit-codes"]).toContain(status);
    for (const format of [".npy", ".npz", ".safetensors", "Arrow", "pickle", "CSV"]) {
      expect(helpTopics.formats).toContain(format);
    }
  });

  it("-V is the version", async () => {
    for (const flag of ["-V", "--version"]) expect((await succeed([flag])).stdout).toBe(`${tool.version}\n`);
  });
});

describe("typos get a suggestion", () => {
  test.each([
    [["calibrat"], "did you mean eexit calibrate?"],
    [["chekc"], "did you mean eexit check?"],
    [[...calibrate, "--confidance", "top1"], "did you mean --confidence?"],
    [[...calibrate, "--confidence", "entropi"], "did you mean entropy?"],
    [[...calibrate, "--risk", "prediction-gpa"], "did you mean prediction-gap?"],
    [[...calibrate, "--method", "upb"], "did you mean ucb?"],
    [[...calibrate, "--method", "ucb:strar"], "did you mean ucb:star?"],
    [[...calibrate, "--bound", "hp"], "did you mean "],
    [[...calibrate, "--layout", "ncll"], "did you mean ncl?"],
    [[...calibrate, "--values", "logit"], "did you mean logits?"],
    [["sweep", ...labelled, "-e", "0.05", "--format", "jsno"], "did you mean json?"],
    [["help", "risk"], "did you mean eexit help risks?"],
  ])("%j: %s", async (argv, hint) => {
    const { status, stderr } = await runCli(argv);
    expect(status).toBe(2);
    expect(stderr).toContain(`hint: ${hint}`);
  });

  test.each(Object.keys(plannedCommands))("%s is named as coming later", async (name) => {
    expect(await runCli([name])).toMatchObject({ status: 2, code: "not-supported-yet", stdout: "" });
  });

  it("names like those of every object are no commands and no topics", async () => {
    for (const word of ["constructor", "__proto__", "toString"]) {
      expect((await runCli([word])).status).toBe(2);
      expect((await runCli(["help", word])).status).toBe(2);
      expect((await runCli([...calibrate, "--risk", word])).status).toBe(2);
    }
  });
});

describe("options", () => {
  it("take one value each: a word after it is an input", async () => {
    const { status, stderr } = await runCli([
      "calibrate",
      ...labelled,
      "-e",
      "0.05",
      "--risk",
      "prediction-gap",
      "no.npy",
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("no.npy: no such file");
  });

  it("take = too, and no value is said", async () => {
    const want = await succeed(calibrate);
    expect((await succeed(["calibrate", ...labelled, "--epsilon=0.05"])).stdout).toBe(want.stdout);
    const { stderr } = await runCli(["calibrate", ...labelled, "-e"]);
    expect(stderr).toMatch(/^eexit: -e, --epsilon <level>: found no value, expected one\nhint: /);
  });

  it("refuse an empty entry in a list", async () => {
    expect((await runCli(["sweep", ...labelled, "-e", "0.05,,0.1"])).code).toBe("bad-usage");
  });
});

describe("stdout is the answer, stderr the conversation", () => {
  it("-q and EEXIT_QUIET leave only errors", async () => {
    const { stdout, stderr } = await succeed(calibrate);
    expect(stderr).not.toBe("");
    for (const [argv, env] of [
      [[...calibrate, "-q"], {}],
      [[...calibrate, "--quiet"], {}],
      [calibrate, { EEXIT_QUIET: "1" }],
    ] as const) {
      expect(await succeed(argv, { env })).toMatchObject({ stdout, stderr: "" });
    }
    expect((await runCli(["calibrate", "missing.npy", "-e", "0.05", "-q"])).stderr).toContain("no such file");
  });

  it("colour repeats words on a terminal, and nowhere else", async () => {
    const path = scratch.path("threshold.json");
    await succeed([...calibrate, "-o", path]);
    const error = ["calibrate", "missing.npy", "-e", "0.05"];
    const shown = async (env: Record<string, string>, isTTY: boolean) => (await runCli(error, { env, isTTY })).stderr;
    const plain = await shown({}, false);
    expect(plain).not.toMatch(escapes);
    expect(await shown({}, true)).toMatch(escapes);
    expect(await shown({ NO_COLOR: "1" }, true)).toBe(plain);
    expect(await shown({ NO_COLOR: "" }, true)).toMatch(escapes);
    expect(await shown({ TERM: "dumb" }, true)).toBe(plain);
    expect(await shown({ FORCE_COLOR: "1" }, false)).toMatch(escapes);
    expect(await shown({ FORCE_COLOR: "0" }, true)).toBe(plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is an escape sequence
    expect((await shown({ FORCE_COLOR: "1" }, false)).replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
    for (const format of ["json", "github", "junit", "markdown"]) {
      const argv = ["check", "-t", path, ...fresh, "--format", format];
      expect((await succeed(argv, { isTTY: true })).stdout, format).not.toMatch(escapes);
    }
  });
});

describe("stdin", () => {
  it("is read where no file is named, and by -", async () => {
    const arrow = readFileSync(digits("logits_cal.arrow"));
    const file = await succeed(["calibrate", digits("logits_cal.arrow"), "-e", "0.05"]);
    expect((await succeed(["calibrate", "-e", "0.05"], { stdin: arrow })).stdout).toBe(file.stdout);
    expect((await succeed(["calibrate", "-", "-e", "0.05"], { stdin: arrow })).stdout).toBe(file.stdout);
  });

  it.each(["calibrate", "sweep", "score"])("%s on a terminal with no input: short help and status 2", async (name) => {
    const argv = [name, "-e", "0.05", "-o", "x"].slice(0, name === "score" ? 1 : 3);
    const options = name === "score" ? ["-o", "-"] : [];
    const { status, stdout, stderr } = await runCli([...argv, ...options], { isTTY: true, env: { NO_COLOR: "1" } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`Usage: eexit ${name} `);
    expect(stderr).toContain("eexit: no input");
    expect(stderr).not.toContain("Exit status:");
  });

  it("may be the labels, the costs or the threshold file", async () => {
    const costs = ["--costs", digits("costs.json")];
    const want = await succeed([...calibrate, ...costs]);
    const labels = ["calibrate", labelled[0], "--labels", "-", "-e", "0.05", ...costs];
    expect((await succeed(labels, { stdin: readFileSync(labelled[2]) })).stdout).toBe(want.stdout);
    const stdin = readFileSync(digits("costs.json"));
    expect((await succeed([...calibrate, "--costs", "-"], { stdin })).stdout).toBe(want.stdout);
    const path = scratch.write("from-stdin.json", want.stdout);
    const check = await succeed(["check", "-t", path, ...fresh]);
    expect((await succeed(["check", "-t", "-", ...fresh], { stdin: want.stdout })).stdout).toBe(check.stdout);
  });

  it("that is empty is said", async () => {
    const { code, stderr } = await runCli(["calibrate", "-", "-e", "0.05"], { stdin: "" });
    expect(code).toBe("format-unknown");
    expect(stderr).toContain("stdin is empty");
  });
});

describe("a bug of ours", () => {
  /** A terminal that breaks when it is written to. */
  const broken = async (argv: string[]) => {
    const said: string[] = [];
    const stream = (write: (text: string) => void) =>
      new Writable({ write: (chunk, _encoding, done) => done(void write(String(chunk))) });
    const status = await run(argv, {
      stdin: Readable.from([]),
      stdout: Object.assign(
        stream(() => {}),
        {
          write() {
            throw new TypeError("the answer broke");
          },
        },
      ),
      stderr: stream((text) => said.push(text)),
      env: {},
    });
    return { status, stderr: said.join("") };
  };

  it("is status 3 and one line; the stack comes with --debug", async () => {
    const { status, stderr } = await broken([...calibrate, "-q"]);
    expect(status).toBe(3);
    expect(stderr).toBe("eexit: internal error: the answer broke\nhint: run again with --debug and report the stack\n");
    expect((await broken([...calibrate, "-q", "--debug"])).stderr).toMatch(/\n {4}at /);
  });
});

it("a progress bar is drawn on a terminal only, and the answer is the same", async () => {
  const sweep = ["sweep", ...labelled, "-e", "0.05", "--risk", "prediction-gap,brier-gap"];
  const piped = await succeed(sweep, { env: { NO_COLOR: "1" } });
  const shown = await succeed(sweep, { isTTY: true, env: { NO_COLOR: "1" } });
  expect(shown.stdout).toBe(piped.stdout);
  expect(piped.stderr).not.toContain("1/2");
  expect(shown.stderr).toContain("/2");
  expect((await succeed([...sweep, "-q"], { isTTY: true })).stderr).toBe("");
});
