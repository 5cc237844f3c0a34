import { EexitError } from "../errors.ts";
import { type ByteSource, truncated } from "./byte-source.ts";
import { onePartContent } from "./one-part-content.ts";
import { printable } from "./printable.ts";
import { type Content, type ElementType, elementBytes, elementCount, packedStrides, type Tensor } from "./tensor.ts";

/** The limit of the reference implementation. */
const longestHeader = 100_000_000;

const typeByCode: Readonly<Record<string, ElementType>> = {
  BOOL: "bool",
  I8: "int8",
  U8: "uint8",
  I16: "int16",
  U16: "uint16",
  I32: "int32",
  U32: "uint32",
  I64: "int64",
  U64: "uint64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
};

interface Placed {
  readonly key: string;
  readonly tensor: Tensor;
  readonly begin: number;
  readonly end: number;
}

/**
 * Opens a safetensors file; `__metadata__` becomes the metadata. Only the header is read, and every array must lie
 * inside the file, have the bytes that its shape needs, and overlap no other.
 * @throws EexitError `file-truncated`, `header-too-large`, `file-malformed` or `type-unsupported`
 */
export function openSafetensors(source: ByteSource): Content {
  const { header, dataStart } = readHeader(source);
  const metadata = new Map<string, string>();
  const placed: Placed[] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key !== "__metadata__") placed.push(placeTensor(source, key, value, dataStart));
    else for (const [name, text] of Object.entries(metadataOf(source, value))) metadata.set(name, String(text));
  }
  assertApart(source, placed);
  const part = new Map(placed.map(({ key, tensor }) => [key, tensor]));
  return onePartContent("safetensors", source, part, { metadata });
}

function readHeader(source: ByteSource): { header: Record<string, unknown>; dataStart: number } {
  const length = Number(Buffer.from(source.read(0, 8)).readBigUInt64LE());
  if (length > longestHeader) {
    throw new EexitError(
      "header-too-large",
      `${source.name}: claims a header of ${length} bytes, expected at most ${longestHeader}`,
      "check that it is a safetensors file",
    );
  }
  if (8 + length > source.size) throw truncated(source.name, 8 + length, source.size);
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(8, length)));
    if (isRecord(header)) return { header, dataStart: 8 + length };
  } catch {
    // Told below: the parser's own message speaks of positions that mean nothing to a reader.
  }
  throw malformed(source, "has a header that is not a JSON object");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function metadataOf(source: ByteSource, value: unknown): Record<string, unknown> {
  if (isRecord(value) && Object.values(value).every((text) => typeof text === "string")) return value;
  throw malformed(source, "has a __metadata__ that is not text by text");
}

function placeTensor(source: ByteSource, key: string, value: unknown, dataStart: number): Placed {
  const name = `${source.name}:${printable(key)}`;
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw malformed(source, `lacks dtype, shape or data_offsets of ${printable(key)}`);
  const type = typeByCode[dtype];
  if (!type) {
    throw new EexitError(
      "type-unsupported",
      `${name}: has element type ${printable(dtype)}, expected F16, BF16, F32, F64, an integer or BOOL`,
      "convert it before saving: tensor.float()",
    );
  }
  const [begin, end] = offsets;
  const needed = elementCount(shape) * elementBytes[type];
  if (end - begin !== needed)
    throw malformed(source, `gives ${printable(key)} ${end - begin} bytes where its shape needs ${needed}`);
  if (dataStart + end > source.size) throw truncated(source.name, dataStart + end, source.size);
  const strides = packedStrides(shape);
  return {
    key,
    begin,
    end,
    tensor: { name, type, littleEndian: true, shape, strides, bytes: source, offset: dataStart + begin },
  };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function assertApart(source: ByteSource, placed: readonly Placed[]): void {
  const sorted = [...placed].sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i].begin < sorted[i - 1].end)
      throw malformed(source, `lets ${printable(sorted[i].key)} overlap another array`);
  }
}

function malformed(source: ByteSource, what: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${source.name}: ${what}, expected a safetensors file`,
    "write the file again",
  );
}
