import type { ProbeRows } from "../../src/onnx/graph/probe-inputs.ts";
import { asFloats } from "../../src/onnx/run/judge-exit.ts";
import type { Session } from "../../src/onnx/session.ts";

/** What one exit says of one sample. */
export interface Answer {
  readonly logits: readonly number[];
  readonly prediction: number;
  /** Largest probability. */
  readonly confidence: number;
}

/** The whole model on all rows at once: answers by sample, then by exit. */
export async function answersOf(whole: Session, rows: ProbeRows, exits: readonly string[]): Promise<Answer[][]> {
  const outputs = await whole.run(rows, exits);
  const byExit = exits.map((exit) => {
    const values = outputs.get(exit)!;
    const floats = asFloats(values);
    const [count, width] = values.dims;
    return Array.from({ length: count }, (_, row) =>
      answerOf(Array.from(floats.subarray(row * width, (row + 1) * width))),
    );
  });
  return byExit[0].map((_, sample) => byExit.map((answers) => answers[sample]));
}

/** Softmax by its formula: nothing of the kernel is used here. */
function answerOf(logits: readonly number[]): Answer {
  const prediction = logits.indexOf(Math.max(...logits));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - logits[prediction]), 0);
  return { logits, prediction, confidence: 1 / sum };
}

/**
 * The plain twin of the stage runner: every exit was computed for every row; the first one whose confidence is strictly above the
 * threshold is chosen afterwards, else the last.
 */
export function chosenExit(answers: readonly Answer[], threshold: number): number {
  const early = answers.slice(0, -1).findIndex(({ confidence }) => confidence > threshold);
  return early === -1 ? answers.length - 1 : early;
}
