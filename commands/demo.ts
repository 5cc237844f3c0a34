import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { EexitError, type ErrorCode } from "../src/errors.ts";
import { newCommand } from "./new-command.ts";
import type { RunProgram, Session } from "./session.ts";

const details = `
Runs, in this process and on a bundled network only, what a first day with eexit looks like: extract,
score, calibrate, explain, check, sweep, infer and bake. Every command is printed as it could be typed
in the working folder. The files it makes are removed at the end unless --keep names a folder for
them. Where onnxruntime-node is missing, the steps that run the network are left out.`;

/** A command of the story; `{data}` and `{out}` stand for the two folders, `{logits}` for what the model gave. */
interface Step {
  readonly title: string;
  readonly argv: readonly string[];
}

const labels = (part: string) => ["--labels", `{data}labels_${part}.npy`];

/** Sizes are chosen so that the whole takes some seconds and no line needs explaining. */
const story: readonly Step[] = [
  {
    title: "Extract: what do the four exits of a network say of 400 images?",
    argv: ["extract", "{data}model.onnx", "--input", "{data}inputs_cal.npy", "-o", "{out}logits.npy"],
  },
  {
    title: "Score: with labels and the multiply-accumulates of each exit, a table of confidences and losses.",
    argv: ["score", "{logits}", ...labels("cal"), "--costs", "{data}stages/manifest.json", "-o", "{out}table.arrow"],
  },
  {
    title: "Calibrate: which threshold loses at most 5 points of accuracy?",
    argv: ["calibrate", "{out}table.arrow", "-e", "0.05", "-o", "{out}threshold.json"],
  },
  {
    title: "Explain: what to deploy, what is promised and what is not.",
    argv: ["explain", "{out}threshold.json"],
  },
  {
    title: "Check: does it hold on 497 fresh samples?",
    argv: ["check", "-t", "{out}threshold.json", "{data}logits_test.npy", ...labels("test")],
  },
  {
    title: "Sweep: what other risk levels and methods would save, also as a page to look at (kept with --keep).",
    argv: [
      "sweep",
      "{out}table.arrow",
      "-e",
      "0.03,0.05,0.1",
      ...["--risk", "prediction-gap", "--confidence", "top1", "--method", "crc,ucb,ltt"],
      ...["--report", "{out}curves.html"],
    ],
  },
  {
    title: "Infer: 497 images through the network, each only as far as it has to go.",
    argv: [
      ...["infer", "-t", "{out}threshold.json", "--model", "{data}model.onnx", "--input", "{data}inputs_test.npy"],
      ...["--threads", "1", "-o", "{out}answers.csv"],
    ],
  },
  {
    title: "Bake: network and threshold in one ONNX file that leaves early by itself.",
    argv: ["bake", "{data}model.onnx", "-t", "{out}threshold.json", "-o", "{out}fast.onnx"],
  },
];

const epilogue = `With your own model (one output per exit), or logits of shape [sample, exit, class] (eexit help formats):
  eexit extract model.onnx --input inputs.npy -o logits.npy
  eexit calibrate logits.npy --labels labels.npy -e 0.05 -o threshold.json
`;

export function demoCommand(session: Session): Command {
  const command = newCommand("demo", "The whole story on bundled data, in seconds.", {
    examples: ["eexit demo", "eexit demo --keep eexit-demo"],
    details,
  });
  command.optionsGroup("Output:");
  command.option("--keep <folder>", "keep the files that the demo makes in this folder");
  command.action((flags: { keep?: string }) => run(flags.keep, session));
  return command;
}

async function run(keep: string | undefined, session: Session): Promise<void> {
  if (keep !== undefined) prepareFolder(keep);
  const folder = keep ?? mkdtempSync(join(tmpdir(), "eexit-demo-"));
  const data = `${shortPath(sampleData())}/digits/`;
  const out = `${folder.replace(/[\\/]+$/, "")}/`;
  // Without --keep the files are shown as if made in the working folder, where typing the same commands would put them.
  const shown = (text: string) => (keep === undefined ? text.replaceAll(out, "") : text);
  try {
    for (const [index, { title, argv }] of story.entries()) {
      const extracted = `${out}logits.npy`;
      const logits = existsSync(extracted) ? extracted : `${data}logits_cal.npy`;
      const words = argv.map((word) => word.replace("{data}", data).replace("{out}", out).replace("{logits}", logits));
      session.answer(`# ${index + 1}. ${title}\n$ eexit ${words.map((word) => quoted(shown(word))).join(" ")}\n`);
      session.answer(`${shown(await output(words, folder, session.runProgram as RunProgram)).trimEnd()}\n\n`);
    }
    session.answer(epilogue);
  } finally {
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Both streams of one command, in the order of writing. Anything but success here is a defect of the package, or a machine on
 * which no model can be run: then the bundled logits go on in the network's place.
 */
async function output(argv: readonly string[], folder: string, runProgram: RunProgram): Promise<string> {
  const chunks: Buffer[] = [];
  const collect = () =>
    new Writable({
      write(chunk, _encoding, done) {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
  // The demo's own folder as working folder: a config file of the user would tell another story.
  let code: ErrorCode | null = null;
  const onErrorCode = (found: ErrorCode) => {
    code = found;
  };
  const terminal = {
    stdin: Readable.from([]),
    stdout: collect(),
    stderr: collect(),
    env: {},
    cwd: folder,
    onErrorCode,
  };
  const status = await runProgram(argv, terminal);
  const text = Buffer.concat(chunks).toString();
  if (code === "runtime-missing") return `left out: ${text}`;
  if (status !== 0) throw new Error(`demo: eexit ${argv[0]} ended with status ${status}: ${text}`);
  return text;
}

/** Beside commands/ in the sources, one folder further up in the built package. */
function sampleData(): string {
  const folder = ["../sample-data", "../../sample-data"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(join(path, "digits")));
  if (folder !== undefined) return folder;
  throw new EexitError("file-missing", "sample-data: not found beside the program", "install the package again");
}

/** The shorter way to write a path from here. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return isAbsolute(fromHere) || fromHere.length > path.length ? path : fromHere;
}

/** Makes the folder; files of an earlier demo, or anything else of these names, are not overwritten. */
function prepareFolder(folder: string): void {
  const made = ({ argv }: Step) => argv.filter((_, at) => ["-o", "--report"].includes(argv[at - 1]));
  const files = story.flatMap(made).filter((word) => word.startsWith("{out}"));
  const found = files.map((word) => word.slice("{out}".length)).find((name) => existsSync(join(folder, name)));
  if (found !== undefined) {
    const message = `--keep ${folder}: ${found} exists already and would be overwritten`;
    throw new EexitError("file-exists", message, "name another folder");
  }
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new EexitError("output-failed", `--keep ${folder}: cannot be made (${code})`, "check the path");
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
