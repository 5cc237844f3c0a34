import { createArrowColumnWriter } from "../src/io/arrow-columns-write.ts";
import { createOutputFile } from "../src/io/output.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";

/** Answers of `infer` for consecutive samples. */
export interface AnswerRows {
  /** 0-based number of the first sample. */
  readonly first: number;
  /** Class per sample; −1 for dense outputs, which have one per pixel. */
  readonly predictions: Int32Array;
  /** 1-based. */
  readonly exits: Int32Array;
  /** NaN where the last exit has no confidence. */
  readonly confidences: Float32Array;
}

export type AnswerFormat = "ndjson" | "csv" | "arrow";

/** Where the answers go, in their order. */
export interface AnswerSink {
  append(rows: AnswerRows): Promise<void>;
  finish(): Promise<void>;
  /** Leaves no half-written file. */
  abort(): void;
}

/** A file (complete or absent) or stdout, which is written as the answers come; Arrow on stdout is a stream, in a file a file. */
export async function openAnswerSink(
  output: string | undefined,
  format: AnswerFormat,
  session: Session,
): Promise<AnswerSink> {
  const file = output === undefined || output === "-" ? null : createOutputFile(output, { overwrite: true });
  const write = (bytes: Uint8Array) => (file ? file.write(bytes) : session.write(bytes));
  const encoder = format === "arrow" ? await arrowEncoder(write, file ? "file" : "stream") : textEncoder(write, format);
  return {
    append: encoder.append,
    async finish() {
      await encoder.finish();
      file?.commit();
    },
    abort: () => file?.abort(),
  };
}

export const answerFormats: readonly AnswerFormat[] = ["ndjson", "csv", "arrow"];

/** The format that is asked for, or that the output's name says, or NDJSON. */
export function answerFormat(format: string | undefined, output: string | undefined): AnswerFormat {
  const named = output && /\.(csv|arrow)$/.exec(output)?.[1];
  return parseChoice<AnswerFormat>("--format", format ?? (named || "ndjson"), answerFormats);
}

type Write = (bytes: Uint8Array) => Promise<void> | void;

function textEncoder(write: Write, format: "ndjson" | "csv"): Pick<AnswerSink, "append" | "finish"> {
  let header = format === "csv" ? "sample,prediction,exit,confidence\n" : "";
  const line = format === "csv" ? csvLine : jsonLine;
  return {
    async append({ first, predictions, exits, confidences }) {
      let text = header;
      header = "";
      for (let i = 0; i < exits.length; i++) text += line(first + i, predictions[i], exits[i], confidences[i]);
      await write(Buffer.from(text));
    },
    async finish() {
      if (header !== "") await write(Buffer.from(header));
    },
  };
}

/** Confidences are written with the digits of the double that equals them, as thresholds are, so that comparing both decides alike. */
function jsonLine(sample: number, prediction: number, exit: number, confidence: number): string {
  const said = Number.isNaN(confidence) ? "null" : confidence;
  return `{"sample":${sample},"prediction":${prediction < 0 ? "null" : prediction},"exit":${exit},"confidence":${said}}\n`;
}

function csvLine(sample: number, prediction: number, exit: number, confidence: number): string {
  return `${sample},${prediction < 0 ? "" : prediction},${exit},${Number.isNaN(confidence) ? "" : confidence}\n`;
}

async function arrowEncoder(write: Write, kind: "file" | "stream"): Promise<Pick<AnswerSink, "append" | "finish">> {
  const writer = createArrowColumnWriter(write, kind);
  return {
    append({ first, predictions, exits, confidences }) {
      const sample = Int32Array.from(exits, (_, i) => first + i);
      const columns = [
        { name: "sample", values: sample, width: 0 },
        { name: "prediction", values: predictions, width: 0 },
        { name: "exit", values: exits, width: 0 },
        { name: "confidence", values: confidences, width: 0 },
      ];
      return writer.append(columns, exits.length);
    },
    finish: () => writer.finish(new Map()),
  };
}
