import type { Readable, Writable } from "node:stream";
import type { Command } from "commander";
import type { ErrorCode } from "../src/errors.ts";
import { colourPaint, type Paint, plainPaint } from "./paint.ts";

/** The process as a command sees it, so that tests can run the whole program in-process. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where eexit.config.json is looked for; the process's own unless a test says otherwise. Called on the process itself. */
  readonly cwd?: string | (() => string);
  /** Whether a stream is a terminal, where that can be told without opening it; else its `isTTY` says so. */
  readonly isTerminal?: (stream: "stdout" | "stderr") => boolean;
  /** Told the catalogue code of the error that ends a run with status 2; for tests and embedding programs. */
  readonly onErrorCode?: (code: ErrorCode) => void;
}

/** Runs a whole command line on a terminal and gives its exit status. */
export type RunProgram = (argv: readonly string[], terminal: Terminal) => Promise<number>;

/** One run of one command: where its answer, its conversation and its exit status go. */
export class Session {
  readonly terminal: Terminal;
  /** The program itself, for the command that runs others; a command cannot import what lists it. */
  readonly runProgram: RunProgram | null;
  /** Every command of the program, for those that describe it: completion, the manual page, doctor. */
  readonly allCommands: () => Promise<readonly Command[]>;
  quiet: boolean;
  debug = false;
  /** 1 when the answer is "no"; errors set 2 and 3 themselves. */
  exitStatus: 0 | 1 = 0;
  private stdinBytes: Promise<Uint8Array> | null = null;
  private colours: Paint = plainPaint;

  constructor(
    terminal: Terminal,
    runProgram: RunProgram | null = null,
    allCommands: (session: Session) => Promise<readonly Command[]> = async () => [],
  ) {
    this.terminal = terminal;
    this.runProgram = runProgram;
    this.allCommands = () => allCommands(this);
    this.quiet = isSet(terminal.env.EEXIT_QUIET);
  }

  /** The answer. */
  answer(text: string): void {
    this.terminal.stdout.write(text);
  }

  /** A part of a long answer; waits when the reader of the pipe is slower, so that memory stays flat. */
  write(bytes: Uint8Array): Promise<void> | void {
    if (this.terminal.stdout.write(bytes)) return;
    return new Promise((resolve) => this.terminal.stdout.once("drain", resolve));
  }

  /** A line of the conversation: summaries, cautions, notes. Silent under --quiet. */
  say(line: string): void {
    if (!this.quiet) this.terminal.stderr.write(`${line}\n`);
  }

  /** Errors are said even under --quiet. */
  complain(line: string): void {
    this.terminal.stderr.write(`${line}\n`);
  }

  caution(message: string): void {
    this.say(`${this.paint("stderr")("yellow", "caution:")} ${message}`);
  }

  /** Gets the colours ready if either stream takes them; until then everything is plain. */
  async loadColours(): Promise<void> {
    if (this.colour("stdout").on || this.colour("stderr").on) this.colours = await colourPaint();
  }

  /** Colour for one of the two streams; plain unless it is a terminal. NO_COLOR and FORCE_COLOR decide first. */
  paint(stream: "stdout" | "stderr"): Paint {
    return this.colour(stream).on ? this.colours : plainPaint;
  }

  /** Whether a stream is coloured, and what decides that. */
  colour(stream: "stdout" | "stderr"): { readonly on: boolean; readonly because: string } {
    const { env } = this.terminal;
    if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false")
      return { on: true, because: "FORCE_COLOR is set" };
    if (isSet(env.NO_COLOR)) return { on: false, because: "NO_COLOR is set" };
    if (env.FORCE_COLOR !== undefined) return { on: false, because: `FORCE_COLOR is ${env.FORCE_COLOR}` };
    if (env.TERM === "dumb") return { on: false, because: "TERM is dumb" };
    const on = this.terminal.isTerminal?.(stream) ?? this.terminal[stream].isTTY === true;
    return { on, because: `${stream} is ${on ? "a" : "no"} terminal` };
  }

  /** Everything on stdin, read once. */
  readonly readStdin = (): Promise<Uint8Array> => {
    this.stdinBytes ??= import("./read-stdin.ts").then(({ readAll }) => readAll(this.terminal.stdin));
    return this.stdinBytes;
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
