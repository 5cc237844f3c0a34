import type { Command } from "commander";
import type { Session } from "./session.ts";

/** A command as the top-level help knows it; its module is loaded only when it runs. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(session: Session) => Command>;
}

export const commandList: readonly CommandEntry[] = [
  {
    name: "calibrate",
    summary: "choose the exit threshold so that the risk stays below ε",
    load: async () => (await import("./calibrate.ts")).calibrateCommand,
  },
  {
    name: "sweep",
    summary: "risk-level curves: risk × confidence × method × ε; repeated splits; self-audit",
    load: async () => (await import("./sweep.ts")).sweepCommand,
  },
  {
    name: "check",
    summary: "has the risk regressed on fresh data? holds, broken or inconclusive",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "score",
    summary: "logits to exit table: confidences, predictions and losses per exit",
    load: async () => (await import("./score.ts")).scoreCommand,
  },
  {
    name: "extract",
    summary: "run a multi-exit ONNX model and write the logits of every exit",
    load: async () => (await import("./extract.ts")).extractCommand,
  },
  {
    name: "split",
    summary: "cut a multi-exit ONNX model into one file per stage, proved equal",
    load: async () => (await import("./split.ts")).splitCommand,
  },
  {
    name: "bake",
    summary: "one standard ONNX file that exits early by itself, at any batch size",
    load: async () => (await import("./bake.ts")).bakeCommand,
  },
  {
    name: "infer",
    summary: "predictions with real early exit: from a model, or from logits",
    load: async () => (await import("./infer.ts")).inferCommand,
  },
  {
    name: "bench",
    summary: "time and promised saving: full network, stages, baked model",
    load: async () => (await import("./bench.ts")).benchCommand,
  },
  {
    name: "plan",
    summary: "how many samples each method needs, or the smallest ε that n can certify",
    load: async () => (await import("./plan.ts")).planCommand,
  },
  {
    name: "inspect",
    summary: "what a file holds: shapes, exits, accuracy, confidence, overthinking",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  {
    name: "explain",
    summary: "a threshold file in plain words",
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  {
    name: "report",
    summary: "one page or picture from saved answers: curves, exits, verdict",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "verify",
    summary: "hashes match, and recalibration reproduces the threshold bit for bit",
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    name: "demo",
    summary: "the whole story on bundled data, in seconds",
    load: async () => (await import("./demo.ts")).demoCommand,
  },
  {
    name: "doctor",
    summary: "what is installed here and what works",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "completion",
    summary: "complete commands, options and files in bash, zsh or fish",
    load: async () => (await import("./completion.ts")).completionCommand,
  },
];

/** Named by the contract, brought by later releases: answered with a sentence instead of "unknown". */
export const plannedCommands: Readonly<Record<string, string>> = {
  monitor: "watching a deployment comes with a later release; eexit check tests fresh rows",
};
