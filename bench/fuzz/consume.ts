import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { run } from "../../commands/program.ts";
import { EexitError, errorCatalogue } from "../../src/errors.ts";
import { memorySource } from "../../src/io/byte-source.ts";
import { readCosts } from "../../src/io/costs.ts";
import type { InputRequest } from "../../src/io/input-request.ts";
import { contentOf } from "../../src/io/open-content.ts";
import { openInputs, readExitTable } from "../../src/io/read-inputs.ts";
import { readLabels } from "../../src/io/read-labels.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { parseThresholdText } from "../../src/io/threshold-file.ts";
import { cutStages } from "../../src/onnx/graph/cut-stages.ts";
import { declaredInputs } from "../../src/onnx/graph/declared-inputs.ts";
import { findExits } from "../../src/onnx/graph/find-exits.ts";
import { networkGraph } from "../../src/onnx/graph/network-graph.ts";
import { assertBatchAxis } from "../../src/onnx/graph/probe-inputs.ts";
import { readModel } from "../../src/onnx/model.ts";
import { plainRequest } from "../plain-request.ts";

/** What became of one input. Anything but a clean refusal is thrown. */
export type Outcome = "accepted" | "refused";

/** Feeds bytes to everything that reads this kind of input. `number` picks which commands see it too. */
export type Consumer = (bytes: Uint8Array, number: number) => Promise<Outcome>;

/** Every so many cases the whole program reads the input on stdin as well; what one reader refused, the others see more rarely. */
const rarely = 64;

/** Arrays, tables and labels: the reader, then all that interprets what it gave, then the commands. */
export const consumeInput: Consumer = async (bytes, number) => {
  const readStdin = async () => bytes;
  const outcome = await refusing(() => readArrays(bytes));
  if (outcome === "accepted" || number % 8 === 0) {
    await refusing(() => readTable({ ...request, readStdin }));
    await refusing(() => readLabels("-", null, readStdin));
  }
  if (number % rarely === 0) {
    await command(["calibrate", "-", "-e", "0.3", "-q"], bytes);
    await command(["inspect", "-"], bytes);
    await refusing(() => readCosts("-", null, readStdin).then((costsFor) => costsFor(3)));
  }
  return outcome;
};

export const consumeThreshold: Consumer = async (bytes, number) => {
  const outcome = await refusing(() => parseThresholdText("-", Buffer.from(bytes).toString("utf8")));
  if (number % (outcome === "accepted" ? 8 : rarely) === 0) await command(["explain", "-"], bytes);
  return outcome;
};

/** Everything that is done with a model before the runtime sees it. */
export function modelConsumer(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), "eexit-fuzz-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "model.onnx");
  return async (bytes) => {
    writeFileSync(path, bytes);
    return refusing(() => {
      const model = readModel(path);
      declaredInputs(model);
      const graph = networkGraph(path, model.graph);
      assertBatchAxis(graph);
      cutStages(graph, findExits(graph, null).names);
    });
  };
}

const request: InputRequest = { ...plainRequest, inputs: ["-"], confidences: "all", risks: "all" };

/** First and last rows of every array of every part. */
async function readArrays(bytes: Uint8Array): Promise<void> {
  const content = await contentOf(memorySource("-", bytes), "-");
  for await (const part of content.parts()) {
    for (const tensor of part.values()) {
      const rows = tensor.shape[0] ?? 1;
      const count = Math.min(rows, 64);
      readFloatRows(tensor, 0, count);
      readFloatRows(tensor, rows - count, count);
    }
  }
  content.close();
}

async function readTable(asked: InputRequest): Promise<void> {
  const inputs = await openInputs(asked);
  if (inputs.kind === "exits") await readExitTable(inputs);
}

/** Runs to the end or to a clean refusal: a code of the catalogue, one printable line of bounded length, a hint. */
async function refusing(read: () => unknown): Promise<Outcome> {
  try {
    await read();
    return "accepted";
  } catch (error) {
    if (!(error instanceof EexitError)) throw error;
    const { code, message, hint } = error;
    const text = `${message}\n${hint}`;
    if (!Object.hasOwn(errorCatalogue, code) || hint === null) throw new Error(`no hint or code: ${text}`);
    if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(message + hint))
      throw new Error(`not one printable line: ${JSON.stringify(text)}`);
    if (message.length > 1000) throw new Error(`a message of ${message.length} characters: ${message.slice(0, 200)}`);
    if (code === "file-malformed" && /: cannot be read \(/.test(message))
      throw new Error(`an error of no reader: ${message}`);
    return "refused";
  }
}

/** The whole program on this stdin: done, "no", or refused in two lines, with nothing on a terminal that could move its cursor. */
async function command(argv: readonly string[], stdin: Uint8Array): Promise<void> {
  const [stdout, stderr] = [collector(), collector()];
  const status = await run(argv, {
    stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: false }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    cwd: tmpdir(),
  });
  const said = stdout.text() + stderr.text();
  if (status === 3) throw new Error(`eexit ${argv.join(" ")}: ${stderr.text()}`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(said.replace(/\n/g, "")))
    throw new Error(`eexit ${argv.join(" ")} shows control characters: ${JSON.stringify(said).slice(0, 2000)}`);
}

function collector(): { stream: Writable; text(): string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}
