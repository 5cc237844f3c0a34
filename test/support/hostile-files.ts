import { truncateSync, writeFileSync } from "node:fs";

/** A file made to cost its reader far more than its own size. */
export interface HostileFile {
  readonly name: string;
  write(path: string): void;
}

const mebi = 2 ** 20;
const times = (piece: string | Uint8Array, count: number) => {
  const bytes = Buffer.from(piece as string, "latin1");
  return Buffer.alloc(bytes.length * count, bytes);
};
const file = (name: string, ...pieces: readonly (string | Uint8Array)[]): HostileFile => ({
  name,
  write: (path) => writeFileSync(path, Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, "latin1")))),
});
/** Of holes behind a start: nothing of its size is on the disk. */
const hollow = (name: string, start: string, size: number): HostileFile => ({
  name,
  write(path) {
    writeFileSync(path, Buffer.from(start, "latin1"));
    truncateSync(path, size);
  },
});
const npy = (shape: string) => {
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)}\n`;
  return `\x93NUMPY\x01\x00\x76\x00${header}`;
};
const pickled = (name: string, ...pieces: readonly (string | Uint8Array)[]) =>
  file(`${name}.p`, "\x80\x04", ...pieces, ".");

/** A message of `depth` fields 7 and 1, each inside the last. */
function nestedFields(depth: number): Buffer {
  let inner = Buffer.alloc(0);
  const pieces: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    const tag = [0x2a, 0x32, 0x0a][i % 3] as number;
    const size: number[] = [];
    for (let rest = length; ; rest >>>= 7) {
      size.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    inner = Buffer.from([tag, ...size]);
    pieces.push(inner);
    length += inner.length;
  }
  return Buffer.concat(pieces.reverse());
}

function field(tag: number, content: Buffer): Buffer {
  const size: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    size.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const onnx = (name: string, graph: Buffer) => file(`${name}.onnx`, "\x08\x08", field(0x3a, graph), "\x42\x02\x10\x11");

export const hostileFiles: readonly HostileFile[] = [
  file("rows-of-nothing.npy", npy("(1099511627776, 4, 0)")),
  file("axes-of-nothing.npy", npy("(0, 1099511627776)")),
  file("axis-of-one.npy", npy(`(${"1, ".repeat(20)})`), "\0\0\0\0"),
  hollow("header-of-4-gb.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff{", 5 * 2 ** 30),
  hollow("header-of-90-mb.safetensors", "\x00\x00\x80\x05\x00\x00\x00\x00{", 2 ** 30),
  file("nested-header.safetensors", "\x00\x00\x40\x00\x00\x00\x00\x00", '{"a":', times("[", 4 * mebi - 5)),
  pickled("memo-loop", "]q\x00", times("h\x00a", mebi)),
  pickled("empty-dicts", times("}", 6 * mebi)),
  pickled("marks", times("(", 6 * mebi)),
  pickled("nested-tuples", ")", times("\x85", 4 * mebi)),
  pickled("doubled-tuples", ")", times("2\x86", 200)),
  pickled(
    "one-text-encoded-often",
    "c_codecs\nencode\nq\x00",
    "X\x00\x00\x01\x00",
    times("a", 65536),
    "q\x01\x8c\x06latin1q\x02",
    times("h\x00h\x01h\x02\x86R", 200_000),
  ),
  pickled(
    "one-word-encoded-often",
    "c_codecs\nencode\nq\x00X\x00\x10\x00\x00",
    times("a", 4096),
    "q\x01\x8c\x06latin1q\x02",
    times("h\x00h\x01h\x02\x86R", 200_000),
  ),
  file("nested.json", times("[", 4 * mebi), times("]", 4 * mebi)),
  file("nested-numbers.json", times("[", mebi), "1", times("]", mebi)),
  file("empty-lists.json", "[", times("[],", 4 * mebi), "[]]"),
  file("endless-line.csv", "confidence_1", times(",0.1", 12 * mebi)),
  file("commas.csv", "label,", times(",", 8 * mebi - 10)),
  file("open-quote.csv", 'confidence_1,"', times("a\n", 12 * mebi)),
  onnx("nested", nestedFields(100_000)),
  onnx("empty-nodes", times("\x0a\x00", 4 * mebi)),
  onnx("empty-shapes", field(0x2a, field(0x0a, times("\x01", 8 * mebi)))),
];
