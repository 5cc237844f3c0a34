import { EexitError } from "../errors.ts";
import { printable } from "./printable.ts";
import type { Content } from "./tensor.ts";

/** How many bytes of a file tell its format. */
export const sniffLength = 4096;

interface Magic {
  readonly format: Content["format"] | null;
  readonly bytes: string;
  /** Of a format that is not read: its name and a one-line conversion. */
  readonly name?: string;
  readonly hint?: string;
}

const numpy = "numpy.savez('x.npz', logits=…, labels=…)";
const magics: readonly Magic[] = [
  { format: "npy", bytes: "\x93NUMPY" },
  { format: "arrow", bytes: "ARROW1" },
  { format: "arrow", bytes: "\xff\xff\xff\xff" },
  {
    format: null,
    bytes: "PAR1",
    name: "Parquet",
    hint: "convert with pyarrow.feather.write_feather(pyarrow.parquet.read_table('x.parquet'), 'x.arrow')",
  },
  { format: null, bytes: "\x89HDF\r\n\x1a\n", name: "HDF5", hint: `convert with h5py and ${numpy}` },
  { format: null, bytes: "MATLAB 5.0", name: "MATLAB", hint: `convert with scipy.io.loadmat and ${numpy}` },
  {
    format: null,
    bytes: "FEA1",
    name: "Feather version 1",
    hint: "convert with pyarrow.feather.write_feather(pyarrow.feather.read_table('x.feather'), 'x.arrow')",
  },
  // torch.save before 1.6: the pickle of a magic number comes first.
  {
    format: null,
    bytes: "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19",
    name: "legacy .pth",
    hint: "convert with torch.save(torch.load('x.pth', map_location='cpu'), 'y.pth')",
  },
  { format: null, bytes: "\x1f\x8b", name: "gzip", hint: "unpack with gunzip first" },
  { format: null, bytes: "\x28\xb5\x2f\xfd", name: "zstd", hint: "unpack with zstd -d first" },
  { format: null, bytes: "\x04\x22\x4d\x18", name: "LZ4", hint: "unpack with lz4 -d first" },
  { format: null, bytes: "BZh", name: "bzip2", hint: "unpack with bunzip2 first" },
  { format: null, bytes: "\xfd7zXZ\0", name: "xz", hint: "unpack with unxz first" },
  { format: null, bytes: "7z\xbc\xaf\x27\x1c", name: "7-Zip", hint: "unpack with 7z x first" },
  { format: null, bytes: "version https://git-lfs", name: "a Git LFS pointer", hint: "fetch it with git lfs pull" },
  { format: null, bytes: "\xff\xfe", name: "UTF-16 text", hint: "save the file as UTF-8" },
  { format: null, bytes: "\xfe\xff", name: "UTF-16 text", hint: "save the file as UTF-8" },
];

/**
 * Tells the format of a file from its first bytes (up to 4096; all of it when it is shorter). The name is used in messages
 * and, for ONNX models, which have no magic, to recognise the format. Text that is no JSON is CSV.
 *
 * Throws `format-not-read` with a conversion for a known format that is not read, `format-unknown` otherwise.
 */
export function sniff(head: Uint8Array, name: string): Content["format"] {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  if (text === "" && name === "-") {
    throw new EexitError(
      "format-unknown",
      "stdin is empty, expected data",
      "give a file, or pipe one in: cat logits.npy | eexit …",
    );
  }
  if (text === "") {
    throw new EexitError("format-unknown", `${name}: the file is empty, expected data`, "check the step that wrote it");
  }
  const magic = magics.find(({ bytes }) => text.startsWith(bytes));
  if (magic) return magic.format ?? refuse(name, magic.name!, magic.hint!);
  if (text.startsWith("PK")) return zipFormat(text, name);
  if (isSafetensors(head)) return "safetensors";
  if (isPickle(head)) return "pickle";
  if (isOnnx(head, name)) {
    refuse(name, "an ONNX model", "models are not data: write every exit's logits with onnxruntime and numpy.savez");
  }
  if (isText(head)) return /^(\xef\xbb\xbf)?\s*[[{]/.test(text) ? "json" : "csv";
  throw new EexitError(
    "format-unknown",
    `${name}: starts with the bytes ${hex(head.subarray(0, 8))} "${printable(text.slice(0, 8))}", expected the first bytes of a known format`,
    "known are npy, npz, safetensors, Arrow IPC, pickle, .pth, JSON and CSV",
  );
}

/** Both archives hold their telling entry first: NumPy's only hold .npy files, torch.save starts with data.pkl. */
function zipFormat(text: string, name: string): Content["format"] {
  if (text.startsWith("PK\x05\x06")) {
    throw new EexitError(
      "format-unknown",
      `${name}: an empty archive, expected arrays`,
      "check the step that wrote it",
    );
  }
  if (!text.startsWith("PK\x03\x04") || text.length < 30) {
    throw new EexitError(
      "format-unknown",
      `${name}: starts like a zip archive but is none, expected a zip archive`,
      "write the file again",
    );
  }
  const firstEntry = text.slice(30, 30 + text.charCodeAt(26) + 256 * text.charCodeAt(27));
  if (firstEntry.endsWith(".npy")) return "npz";
  if (/(^|\/)(data\.pkl|\.format_version|\.data\/|byteorder|version)/.test(firstEntry)) return "pth";
  if (/^(xl\/|\[Content_Types\]|_rels\/|docProps\/)/.test(firstEntry)) {
    refuse(name, "an Excel workbook", "save the sheet as CSV");
  }
  throw new EexitError(
    "format-unknown",
    `${name}: a zip archive with the entry ${printable(firstEntry)}, expected .npy entries or data.pkl`,
    "give the files inside the archive",
  );
}

/** The length of the header (8 bytes, little-endian), then the header itself, which is JSON. An absurd length is the reader's to refuse. */
function isSafetensors(head: Uint8Array): boolean {
  return head.length > 8 && head[8] === 0x7b && head[6] === 0 && head[7] === 0;
}

/** PROTO with a protocol of 2 to 5; a file of two bytes or with another end is left to the reader. */
function isPickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && head.length > 2 && head[1]! >= 2 && head[1]! <= 5;
}

/** Field 1 (ir_version, a small number), then field 2, 7 or 8 (producer, graph, opset). */
function isOnnx(head: Uint8Array, name: string): boolean {
  return (
    name.endsWith(".onnx") || (head[0] === 8 && head[1]! > 0 && head[1]! < 32 && [0x12, 0x3a, 0x42].includes(head[2]!))
  );
}

function isText(head: Uint8Array): boolean {
  return head.every((byte) => (byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 13));
}

function refuse(name: string, found: string, hint: string): never {
  const article =
    /^(an?|the) /.test(found) || /text$/.test(found)
      ? found
      : `${/^(HDF5|LZ4|xz)/.test(found) ? "an" : "a"} ${found} file`;
  throw new EexitError("format-not-read", `${name}: ${article}, which is not read`, hint);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
