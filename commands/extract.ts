import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { createArrowColumnWriter } from "../src/io/arrow-columns-write.ts";
import { npyHeader } from "../src/io/npy-write.ts";
import { createOutputFile, type OutputFile } from "../src/io/output.ts";
import { chainOf } from "./is-model-path.ts";
import { keepInputs } from "./keep-inputs.ts";
import { addModelOptions, inputPaths, type ModelFlags, modelPath } from "./model-options.ts";
import { newCommand } from "./new-command.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { type ExitLogits, openWhole, sideBySide } from "./whole-model.ts";

const details = `
Runs the whole model and writes the logits of every exit: an NPY file of shape [N, L, C] (dense outputs
[N, L, C, H, W]), or an Arrow file with one column per exit. float16 logits are written as float32,
which holds them exactly. Memory does not grow with the number of samples, and a model that fails in
the middle leaves no file. A chain of separate models on the same input, each an exit, needs no
common file: name them in order of growth.`;

interface Flags extends ModelFlags {
  output?: string;
}

export function extractCommand(session: Session): Command {
  const command = newCommand("extract", "Run a multi-exit ONNX model and write the logits of every exit.", {
    examples: [
      "eexit extract sample-data/digits/model.onnx --input sample-data/digits/inputs_cal.npy -o logits.npy",
      "eexit extract model.onnx --input tokens=x.npy --input mask=m.npy --batch 16 -o logits.arrow",
    ],
    details,
  });
  command.argument("[model]", "a multi-exit ONNX model, or a chain a.onnx,b.onnx,c.onnx");
  addModelOptions(command);
  command.optionsGroup("Output:");
  command.option("-o, --output <file>", "logits.npy or logits.arrow");
  command.action((model: string | undefined, flags: Flags) => run(modelPath(model, flags), flags, session));
  return command;
}

async function run(path: string, flags: Flags, session: Session): Promise<void> {
  const target = outputPath(flags);
  const model = await openWhole(path, flags, session);
  keepInputs([path, ...(chainOf(path) ?? []), ...inputPaths(flags)], [target]);
  const file = createOutputFile(target, { overwrite: true });
  const progress = await startProgress("running", model.batchCount, session);
  try {
    const sink = target.endsWith(".arrow") ? await arrowSink(file) : npySink(file, model.rowCount);
    for await (const batch of model.logits()) {
      await sink.append(batch);
      progress.tick();
    }
    await sink.finish();
    file.commit();
    progress.stop();
    session.say(
      `${target}: ${model.rowCount} samples, ${model.exitNames.length} exits (${model.exitNames.join(", ")})`,
    );
  } finally {
    progress.stop();
    file.abort();
    await model.close();
  }
}

function outputPath({ output }: Flags): string {
  if (output !== undefined && /\.(npy|arrow)$/.test(output)) return output;
  throw new EexitError(
    "bad-usage",
    `-o, --output: ${output ?? "missing"}, expected a file ending in .npy or .arrow`,
    "use for example -o logits.npy",
  );
}

interface LogitSink {
  append(batch: ExitLogits): Promise<void> | void;
  finish(): Promise<void> | void;
}

/** Rows of all exits side by side, as one array. */
function npySink(file: OutputFile, rowCount: number): LogitSink {
  let started = false;
  return {
    append(batch) {
      const rows = sideBySide(batch);
      const type = rows instanceof Float64Array ? "float64" : "float32";
      if (!started) file.write(npyHeader(type, [rowCount, batch.exits.length, ...batch.shape]));
      started = true;
      file.write(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    },
    finish() {},
  };
}

async function arrowSink(file: OutputFile): Promise<LogitSink> {
  const writer = createArrowColumnWriter((bytes) => file.write(bytes), "file");
  return {
    append({ rowCount, exits, shape }) {
      if (shape.length > 1) {
        throw new EexitError(
          "bad-usage",
          `-o: dense logits [C, ${shape.slice(1).join(", ")}], expected a file ending in .npy for them`,
          "use for example -o logits.npy",
        );
      }
      const columns = exits.map((values, exit) => ({
        name: `exit_${exit + 1}`,
        values: values as Float32Array | Float64Array,
        width: shape[0],
      }));
      return writer.append(columns, rowCount);
    },
    finish: () => writer.finish(new Map([["eexit:format", "logits"]])),
  };
}
