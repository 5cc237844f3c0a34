import { spawnSync } from "node:child_process";
import { Readable, Writable } from "node:stream";
import type { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { commandList } from "../../commands/command-list.ts";
import { completionTable } from "../../commands/completion/completion-table.ts";
import { helpTopics } from "../../commands/help-topics.ts";
import { Session } from "../../commands/session.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const session = new Session({ stdin: Readable.from([]), stdout: sink(), stderr: sink(), env: {} });
const commands: Command[] = await Promise.all(commandList.map(async ({ load }) => (await load())(session)));
const table = completionTable(commands, Object.keys(helpTopics));

describe("the table", () => {
  it("has every command, every option and help", () => {
    expect(table.map(({ name }) => name)).toEqual([...commandList.map(({ name }) => name), "help"]);
    for (const command of commands) {
      const { options } = table.find(({ name }) => name === command.name())!;
      const names = options.flatMap((option) => option.names);
      for (const { short, long } of command.options)
        expect(names).toEqual(expect.arrayContaining([short, long].filter(Boolean)));
    }
  });

  const offered = commands.flatMap((command) =>
    command.options.flatMap(({ long, argChoices }) =>
      argChoices ? [[command.name(), long!, argChoices] as const] : [],
    ),
  );

  it("offers words wherever the help lists a closed choice", () => {
    const closed = commands.flatMap((command) =>
      command.options.filter(({ long }) => long === "--format" || long === "--layout"),
    );
    for (const { argChoices } of closed) expect(argChoices?.length).toBeGreaterThan(1);
  });

  /** Enough of a command line that the option is looked at. */
  const rest: Readonly<Record<string, readonly string[]>> = {
    calibrate: [...labelled, "-e", "0.05"],
    sweep: [...labelled, "-e", "0.05"],
    check: [
      "-t",
      digits("threshold.json"),
      digits("logits_test.npy"),
      "--baseline",
      digits("logits_test.npy"),
      "--labels",
      digits("labels_test.npy"),
    ],
    score: [...labelled, "-o", "never.arrow"],
    infer: ["-t", digits("threshold.json"), digits("logits_test.npy")],
    bench: [digits("model.onnx"), "-t", digits("threshold.json"), "--input", digits("inputs_test.npy")],
    plan: ["-e", "0.05"],
    inspect: labelled,
    explain: [digits("threshold.json")],
    verify: [digits("threshold.json"), ...labelled],
    doctor: [],
  };
  const fixed = offered.filter(
    ([, long]) => !["--risk", "--confidence", "--method", "--grid", "--lambda-direction"].includes(long),
  );

  it.each(fixed)("%s %s offers what the parser takes", async (name, long, words) => {
    const { status, stderr } = await runCli([name, ...rest[name], long, "no-such-word"]);
    expect(status).toBe(2);
    const expected = /expected (?:one of )?(.*)/.exec(stderr)?.[1].split(/, | or /);
    expect(expected).toEqual([...words]);
  });

  it("--lambda-direction, --risk, --confidence and --method offer only what works", async () => {
    const table = ["calibrate", "sample-data/loss-table/deediff.npz", "-e", "0.01", "--lambda-direction", "sideways"];
    expect((await runCli(table)).stderr).toContain("down, up");
    const words = (long: string) => offered.find(([name, option]) => name === "calibrate" && option === long)![2];
    const argv = ["calibrate", ...labelled, "-e", "0.1", "-q", "--grid", "20"];
    const run = (...more: string[]) => succeed([...argv, ...more]);
    for (const name of [
      ...words("--risk").map((risk) => ["--risk", risk]),
      ...words("--confidence").map((c) => ["--confidence", c]),
    ]) {
      const { status, stderr } = await runCli([...argv, ...name]);
      // Known, but of images.
      if (status !== 0) expect(stderr).toMatch(/dense/);
    }
    // cp is exact for 0/1 losses alone
    for (const method of words("--method"))
      await run("--method", method, ...(method.endsWith(":cp") ? ["--clip"] : []));
    for (const grid of words("--grid")) await run("--grid", grid);
  });
});

describe("eexit completion", () => {
  it("without a shell or with another says which there are", async () => {
    expect((await runCli(["completion"])).stderr).toContain("expected bash, zsh, fish");
    expect((await runCli(["completion", "fis"])).stderr).toContain("did you mean fish?");
  });

  it("is the same every time, and starts no program", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { stdout } = await succeed(["completion", shell]);
      expect((await succeed(["completion", shell])).stdout).toBe(stdout);
      expect(stdout.replace(/^#.*$/gm, "")).not.toMatch(/\$\(eexit|\(eexit /);
    }
  });
});

/** A line, and what is offered at its end. */
const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["eexit cal", ["calibrate"]],
  ["eexit doc", ["doctor"]],
  ["eexit calibrate --ri", ["--risk"]],
  ["eexit calibrate --layout nl", ["nlc", "nlhwc"]],
  ["eexit calibrate --layout=ln", ["--layout=lnc"]],
  ["eexit calibrate --risk prediction-g", ["prediction-gap"]],
  ["eexit calibrate --method crc:m", ["crc:monotone"]],
  ["eexit calibrate --method=ucb:s", ["--method=ucb:star"]],
  ["eexit sweep --method naive,crc:l", ["naive,crc:last-pass"]],
  ["eexit sweep --risk=hellinger,prediction-c", ["--risk=hellinger,prediction-consistency"]],
  ["eexit check --format ju", ["junit"]],
  ["eexit infer --format ", ["ndjson", "csv", "arrow"]],
  ["eexit calibrate -e ", []],
  ["eexit help exit", ["exit-codes"]],
  ["eexit help cal", ["calibrate"]],
  ["eexit completion ", ["bash", "zsh", "fish"]],
];
/** Files of the folder, which bash completes by itself. */
const fileCases: typeof cases = [
  ["eexit calibrate own-log", ["own-logits.npy"]],
  ["eexit calibrate --labels own-lab", ["own-labels.npy"]],
  ["eexit check --report=own-log", ["--report=own-logits.npy"]],
  ["eexit demo own-log", []],
];

const shells = {
  bash: { argv: ["--norc", "--noprofile", "test/support/shells/complete.bash"], cases },
  zsh: { argv: ["-f", "test/support/shells/complete.zsh"], cases: [...cases, ...fileCases] },
  fish: { argv: ["--no-config", "test/support/shells/complete.fish"], cases: [...cases, ...fileCases] },
} as const;

describe.each(Object.entries(shells))("in %s", (shell, { argv, cases }) => {
  const scratch = scratchFolder();
  const present = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  if (!present) process.stderr.write(`completion.test.ts: no ${shell} here: its completion is not tested\n`);
  let answers: string[][] = [];

  beforeAll(async () => {
    if (!present) return;
    const script = scratch.write(`completion.${shell}`, (await succeed(["completion", shell])).stdout);
    for (const name of ["own-logits.npy", "own-labels.npy"]) scratch.write(name, "");
    const folder = scratch.path(".");
    const [driver, ...options] = [...argv].reverse();
    const words = [...options.reverse(), `${process.cwd()}/${driver}`, script, ...cases.map(([line]) => line)];
    const { stdout, stderr, status } = spawnSync(shell, words, {
      cwd: folder,
      env: { ...process.env, HOME: folder },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${shell} ended with ${status}: ${stderr}`);
    expect(stderr).toBe("");
    answers = stdout.split("--\n").map((part) => part.split("\n").filter(Boolean));
  });

  it.skipIf(!present).each(cases.map(([line, offered], index) => ({ line, offered, index })))(
    "$line",
    ({ offered, index }) => {
      // zsh gives the part after "=" and after the last comma, the others the whole word
      const shown = offered.map((word) => (shell === "zsh" ? word.replace(/^--[^=]*=/, "").replace(/^.*,/, "") : word));
      expect(new Set(answers[index])).toEqual(new Set(shown));
    },
  );
});
