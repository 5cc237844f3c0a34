import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { run } from "../../commands/program.ts";
import type { Terminal } from "../../commands/session.ts";
import { smallJq } from "./small-jq.ts";

/** What a terminal would show, and `$?`. */
export interface Shown {
  readonly status: number;
  readonly text: string;
}

/** Programs that a document may name and that a test does not run. */
const notRunHere = ["npm", "npx", "python", "python3", "pip", "git"];

interface Ended {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Both streams in the order of writing. */
  readonly both: string;
  readonly status: number;
}

interface Stage {
  readonly words: string[];
  input: string | null;
  output: string | null;
}

/**
 * A shell small enough to trust: pipes, `<`, `>`, `&&`, quotes, `$?`, `$NAME`, eexit in-process and a few programs that
 * documents use (cat, cp, echo, head, jq, ls, mkdir, openssl for key pairs, rm). Works in the process's folder.
 */
export class DocumentShell {
  readonly skipped: string[] = [];
  private readonly env: Record<string, string>;
  private status = 0;

  constructor(env: Record<string, string> = {}) {
    this.env = env;
  }

  async run(line: string): Promise<Shown> {
    let text = "";
    for (const pipeline of splitWords(line, "&&")) {
      text += await this.pipeline(splitWords(pipeline.join(" "), "|"));
      if (this.status !== 0) break;
    }
    return { status: this.status, text };
  }

  private async pipeline(stages: readonly string[][]): Promise<string> {
    let piped: Buffer = Buffer.alloc(0);
    let shown = "";
    for (const [index, quoted] of stages.entries()) {
      const stage = redirections(quoted.map((word) => this.expanded(word)));
      const stdin = stage.input === null ? piped : readFileSync(stage.input);
      const hasStdin = index > 0 || stage.input !== null;
      const { stdout, stderr, both, status } = await this.program(stage.words, stdin, hasStdin);
      this.status = status;
      piped = stdout;
      if (stage.output !== null) writeFileSync(stage.output, stdout);
      shown += stage.output === null && index === stages.length - 1 ? both : stderr;
    }
    return shown;
  }

  private async program(words: string[], stdin: Buffer, hasStdin: boolean): Promise<Ended> {
    const [name, ...args] = words;
    if (name === "eexit") return eexit(args, stdin, hasStdin, this.env);
    const skip = notRunHere.includes(name);
    if (skip) this.skipped.push(words.join(" "));
    const stdout = skip ? Buffer.alloc(0) : builtIn(name, args, stdin);
    return { stdout, stderr: "", both: stdout.toString(), status: 0 };
  }

  /** `$?` and `$NAME` outside single quotes; the quotes go. */
  private expanded(word: string): string {
    return word.replace(/'([^']*)'|"([^"]*)"|\$\?|\$(\w+)/g, (all, single, double, name) => {
      if (single !== undefined) return single;
      if (double !== undefined) return this.expanded(double);
      return all === "$?" ? String(this.status) : (this.env[name] ?? "");
    });
  }
}

async function eexit(args: readonly string[], stdin: Buffer, hasStdin: boolean, env: Terminal["env"]): Promise<Ended> {
  const written: { stream: "stdout" | "stderr"; chunk: Buffer }[] = [];
  const into = (stream: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        written.push({ stream, chunk: Buffer.from(chunk) });
        done();
      },
    });
  const input = Object.assign(Readable.from(hasStdin ? [stdin] : []), { isTTY: !hasStdin });
  const status = await run(args, { stdin: input, stdout: into("stdout"), stderr: into("stderr"), env });
  const bytes = (wanted: readonly string[]) =>
    Buffer.concat(written.filter(({ stream }) => wanted.includes(stream)).map(({ chunk }) => chunk));
  return {
    stdout: bytes(["stdout"]),
    stderr: bytes(["stderr"]).toString(),
    both: bytes(["stdout", "stderr"]).toString(),
    status,
  };
}

function builtIn(name: string, args: readonly string[], stdin: Buffer): Buffer {
  const files = args.filter((word) => !word.startsWith("-"));
  switch (name) {
    case "cat":
      return Buffer.concat(files.map((path) => readFileSync(path)));
    case "cp":
      copyFileSync(args[0], args[1]);
      return Buffer.alloc(0);
    case "echo":
      return Buffer.from(`${args.join(" ")}\n`);
    case "head": {
      const count = Number(args[args.indexOf("-n") + 1]);
      const path = args.indexOf("-n") === 0 ? args[2] : undefined;
      const text = path === undefined ? stdin.toString() : readFileSync(path, "utf8");
      return Buffer.from(`${text.split("\n").slice(0, count).join("\n")}\n`);
    }
    case "jq": {
      const [filter, path] = files;
      const flags = args.filter((word) => word.startsWith("-"));
      const text = path === undefined ? stdin.toString() : readFileSync(path, "utf8");
      return Buffer.from(smallJq([...flags, filter], text));
    }
    case "ls":
      return Buffer.from(
        readdirSync(files[0] ?? ".")
          .sort()
          .map((entry) => `${entry}\n`)
          .join(""),
      );
    case "mkdir":
      for (const folder of files) mkdirSync(folder, { recursive: true });
      return Buffer.alloc(0);
    case "openssl":
      keyFile(args);
      return Buffer.alloc(0);
    case "rm":
      for (const path of files) rmSync(path, { recursive: true });
      return Buffer.alloc(0);
    default:
      throw new Error(`${name}: not a program that documents may use; see test/support/document-shell.ts`);
  }
}

/** `openssl genpkey -algorithm ed25519 -out key.pem` and `openssl pkey -in key.pem -pubout -out pub.pem`. */
function keyFile(args: readonly string[]): void {
  const wordAfter = (option: string) => args[args.indexOf(option) + 1];
  const pem =
    args[0] === "genpkey"
      ? generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })
      : createPublicKey(createPrivateKey(readFileSync(wordAfter("-in")))).export({ type: "spki", format: "pem" });
  writeFileSync(wordAfter("-out"), pem);
}

/** Words of a line, quotes kept, in groups between the separator. */
function splitWords(line: string, separator: string): string[][] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === separator) groups.push([]);
    else groups.at(-1)!.push(word);
  }
  return groups;
}

function redirections(words: readonly string[]): Stage {
  const stage: Stage = { words: [], input: null, output: null };
  for (let at = 0; at < words.length; at++) {
    if (words[at] === ">") stage.output = words[++at];
    else if (words[at] === "<") stage.input = words[++at];
    else stage.words.push(words[at]);
  }
  return stage;
}
