import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { EexitError } from "../errors.ts";
import { initializerTensors } from "./graph/initializers.ts";
import { type GraphProto, type ModelProto, ModelProtoSchema, type TensorProto } from "./proto/onnx-pb.ts";
import { unfoldsTooFar } from "./proto/unfolds-too-far.ts";

/** An ONNX model in memory, its external data read in. */
export interface Model {
  /** For messages. */
  readonly path: string;
  readonly proto: ModelProto;
  readonly graph: GraphProto;
  /** Over the file and, in order of first mention, its external data files. */
  readonly sha256: string;
}

/** Protocol buffers end at 2 GiB, and so do ONNX files and Node's reads. */
export const largestModel = 2 ** 31 - 1;

/** Metadata of a baked model that holds its threshold file. */
export const bakedKey = "eexit.threshold";

/** Oldest operator set that ONNX Runtime still runs, and the newest that 1.30 knows. */
const opsets = { oldest: 7, newest: 26 } as const;

/**
 * Reads a model. Unknown fields are kept; weights stay views on the file's bytes.
 *
 * @throws EexitError `file-missing`, `file-unreadable`, `model-invalid` or `model-too-large`
 */
export function readModel(path: string): Model {
  const bytes = readModelBytes(path);
  const hash = createHash("sha256").update(bytes);
  const proto = decodeModel(path, bytes);
  const { graph } = proto;
  if (graph === undefined || graph.output.length === 0) {
    throw new EexitError(
      "model-invalid",
      `${path}: holds no graph with outputs, expected an ONNX model`,
      "export it again: torch.onnx.export(model, example, path, output_names=[…])",
    );
  }
  if (proto.metadataProps.some(({ key }) => key === bakedKey)) {
    throw new EexitError(
      "exits-unclear",
      `${path}: a baked model, which leaves early by itself, expected the multi-exit model or stages it was made of`,
      "run it with any ONNX runtime; cut, bake and measure the original",
    );
  }
  assertOpset(path, proto);
  inlineExternalData(path, graph, bytes.length, hash);
  return { path, proto, graph, sha256: hash.digest("hex") };
}

/** Bytes of a model file. @throws EexitError `model-too-large` beyond 2 GiB */
export function modelBytes(path: string, proto: ModelProto): Uint8Array {
  let weights = 0;
  for (const tensor of initializerTensors(proto.graph)) weights += tensor.rawData.length;
  if (weights > largestModel) throw tooLarge(path, weights);
  return toBinary(ModelProtoSchema, proto);
}

/** The same model around another graph: versions, functions, metadata and unknown fields stay. */
export function withGraph(model: ModelProto, graph: GraphProto): ModelProto {
  const copy = create(ModelProtoSchema, { ...model, graph });
  if (model.$unknown) copy.$unknown = model.$unknown;
  return copy;
}

/** Version of the standard operator set that the model uses. */
export function opsetOf(proto: ModelProto): number {
  const standard = proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return standard ? Number(standard.version) : 0;
}

function readModelBytes(path: string): Uint8Array {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new EexitError(
      missing ? "file-missing" : "file-unreadable",
      `${path}: ${missing ? "no such file" : `cannot be read (${(error as NodeJS.ErrnoException).code})`}, expected an ONNX model`,
      "check the path",
    );
  }
  if (found.isDirectory()) {
    throw new EexitError(
      "file-unreadable",
      `${path}: is a folder without manifest.json, expected an ONNX model or a folder made by eexit split`,
      "give the .onnx file",
    );
  }
  if (found.size > largestModel) throw tooLarge(path, found.size);
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new EexitError("file-unreadable", `${path}: cannot be read (${code})`, "check its permissions");
  }
}

/** @throws EexitError `model-invalid` */
export function decodeModel(path: string, bytes: Uint8Array): ModelProto {
  if (unfoldsTooFar(bytes, ModelProtoSchema)) {
    throw new EexitError(
      "model-invalid",
      `${path}: holds millions of parts, or parts within parts without end, expected an ONNX model`,
      "it is damaged, or made to fill the memory: export or download it again",
    );
  }
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    throw new EexitError(
      "model-invalid",
      `${path}: not a complete ONNX file (${bytes.length} bytes of broken protocol buffers), expected an ONNX model`,
      "it is cut short or of another kind: export or download it again",
    );
  }
}

function assertOpset(path: string, proto: ModelProto): void {
  const version = opsetOf(proto);
  if (version >= opsets.oldest && version <= opsets.newest) return;
  throw new EexitError(
    "model-invalid",
    `${path}: operator set ${version || "not given"}, expected ${opsets.oldest} to ${opsets.newest}`,
    "export it with opset_version=17, or convert it with onnx.version_converter",
  );
}

/** Reads weights that lie in files beside the model into the tensors themselves. */
function inlineExternalData(
  path: string,
  graph: GraphProto,
  fileSize: number,
  hash: ReturnType<typeof createHash>,
): void {
  const seen = new Set<string>();
  let total = fileSize;
  for (const tensor of initializerTensors(graph)) {
    if (tensor.dataLocation !== 1) continue;
    const { file, offset, length } = externalPlace(path, tensor);
    total += length;
    if (total > largestModel) throw tooLarge(path, total);
    tensor.rawData = readRange(path, tensor.name, file, offset, length);
    tensor.externalData = [];
    tensor.dataLocation = 0;
    if (!seen.has(file)) hash.update(file.slice(dirname(path).length));
    seen.add(file);
    hash.update(tensor.rawData);
  }
}

function externalPlace(path: string, tensor: TensorProto): { file: string; offset: number; length: number } {
  const entry = (key: string) => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry("location") ?? "";
  const inside = location !== "" && !isAbsolute(location) && !normalize(location).startsWith("..");
  if (!inside) {
    throw new EexitError(
      "model-invalid",
      `${path}: weights of ${tensor.name} lie at "${location}", expected a file beside the model`,
      "save it again with onnx.save(model, path, save_as_external_data=True)",
    );
  }
  const file = join(dirname(path), location);
  const offset = Number(entry("offset") ?? 0);
  const size = fileSize(file);
  if (size === null) {
    throw new EexitError(
      "file-missing",
      `${file}: no such file, expected the external data of ${path}`,
      "keep the model and its data file in one folder",
    );
  }
  const length = Number(entry("length") ?? size - offset);
  if (
    !(
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= size
    )
  ) {
    throw new EexitError(
      "file-truncated",
      `${file}: ${size} bytes, expected bytes ${offset} to ${offset + length} for ${tensor.name} of ${path}`,
      "the data file is cut short or belongs to another model",
    );
  }
  return { file, offset, length };
}

/** Null where there is no file: nothing, a folder, a name that no file can have. */
function fileSize(file: string): number | null {
  try {
    const found = statSync(file);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

function readRange(path: string, name: string, file: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, "r");
  try {
    for (let done = 0; done < length; ) {
      const count = readSync(descriptor, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
      if (count === 0) {
        throw new EexitError("file-truncated", `${file}: ends before ${name} of ${path}`, "write the model again");
      }
      done += count;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(path: string, size: number): EexitError {
  return new EexitError(
    "model-too-large",
    `${path}: ${(size / 2 ** 30).toFixed(1)} GiB, expected at most 2 GiB (the limit of protocol buffers)`,
    "store the weights in float16, or cut the model into parts of less than 2 GiB before eexit",
  );
}
