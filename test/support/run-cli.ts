import { Readable, Writable } from "node:stream";
import { run } from "../../commands/program.ts";
import type { ErrorCode } from "../../src/errors.ts";

export interface RunOptions {
  /** What is piped in; without it stdin is empty, and a terminal when `isTTY` is set. */
  readonly stdin?: Uint8Array | string;
  /** Whether all three streams are terminals; false. */
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where eexit.config.json is looked for; paths on the command line stay relative to the process's folder. */
  readonly cwd?: string;
}

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The catalogue code of the error that ended the run with status 2. */
  readonly code: ErrorCode | null;
  /** The bytes of stdout, for binary answers. */
  readonly stdoutBytes: Buffer;
}

/** Runs the whole program in this process: the same code as the binary, on streams that a test can read. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const isTTY = options.isTTY ?? false;
  const stdout = collector();
  const stderr = collector();
  const chunks = options.stdin === undefined ? [] : [Buffer.from(options.stdin as Uint8Array)];
  let code: ErrorCode | null = null;
  const status = await run(argv, {
    stdin: Object.assign(Readable.from(chunks), { isTTY: isTTY && options.stdin === undefined }),
    stdout: Object.assign(stdout.stream, { isTTY }),
    stderr: Object.assign(stderr.stream, { isTTY }),
    env: options.env ?? {},
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    onErrorCode: (found) => {
      code = found;
    },
  });
  return {
    status,
    stdout: stdout.bytes().toString(),
    stderr: stderr.bytes().toString(),
    code,
    stdoutBytes: stdout.bytes(),
  };
}

function collector(): { stream: Writable; bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}
