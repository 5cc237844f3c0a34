import { EexitError } from "../../errors.ts";
import { type ByteSource, sliceSource } from "../byte-source.ts";
import { elementBytes } from "../tensor.ts";
import { isLegacyTorch } from "./legacy-torch.ts";
import type { PickleGlobals } from "./machine.ts";
import { allowed, badCall } from "./numpy-globals.ts";
import { readPickleAt } from "./read-pickle.ts";
import { torchGlobals } from "./torch-globals.ts";
import { type PickleStorage, type PickleValue, textOf } from "./values.ts";

/**
 * What a plain pickle may name: numpy arrays, and torch tensors as Python's own pickle module writes them. Such a tensor
 * carries its numbers as `torch.storage._load_from_bytes(bytes)`, and the bytes are a whole torch file of the old format,
 * which holds one storage. They are read by the same restricted machine, which does not know that name: no nesting.
 */
export const pickleGlobals: PickleGlobals = new Map([
  ...torchGlobals,
  ["torch.storage._load_from_bytes", allowed("torch.storage._load_from_bytes", embeddedStorage)],
]);

/** The second pickle of every torch file of the old format. */
const protocolVersion = 1001;

interface DeclaredStorage {
  readonly storage: PickleStorage;
  readonly count: number;
}

/**
 * Magic number, protocol version, facts on the system, the object, the list of keys: five pickles one after the other; then,
 * for each key, the number of elements (int64, little-endian) and the elements.
 */
function embeddedStorage(args: readonly PickleValue[], file: string): PickleStorage {
  const [bytes] = args;
  if (args.length !== 1 || typeof bytes !== "object" || bytes?.kind !== "bytes" || bytes.isText)
    return badCall(file, "torch.storage._load_from_bytes", args);
  const source: ByteSource = { ...bytes.source, name: file };
  if (!isLegacyTorch(source)) return badCall(file, "torch.storage._load_from_bytes", args);
  let end = 0;
  const next = (load: ((id: PickleValue) => PickleValue) | null = null): PickleValue => {
    const read = readPickleAt(source, end, torchGlobals, load);
    end = read.end;
    return read.value;
  };
  next();
  const [version, system] = [next(), next()];
  if (version !== protocolVersion || !saysLittleEndian(system))
    return badCall(file, "torch.storage._load_from_bytes", [version, system]);
  const declared: DeclaredStorage[] = [];
  const object = next((id) => {
    declared.push(declaredStorage(id) ?? badCall(file, "torch.storage._load_from_bytes", [id]));
    return declared[declared.length - 1].storage;
  });
  next();
  const [found] = declared;
  if (declared.length !== 1 || object !== found.storage)
    return badCall(file, "torch.storage._load_from_bytes", [object]);
  return { ...found.storage, bytes: storageBytes(source, end, found.count, elementBytes[found.storage.type]) };
}

/** Persistent id ("storage", class, key, device, element count[, no view]). */
function declaredStorage(id: PickleValue): DeclaredStorage | null {
  const items = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  const [tag, type, , , count, view = null] = items;
  const isStorage = textOf(tag ?? null) === "storage" && typeof type === "object" && type?.kind === "storage";
  if (!isStorage || view !== null || typeof count !== "number" || !(count >= 0)) return null;
  return { storage: { ...type }, count };
}

function storageBytes(source: ByteSource, at: number, count: number, size: number): ByteSource {
  const header = source.read(at, 8);
  const held = Number(new DataView(header.buffer, header.byteOffset, 8).getBigInt64(0, true));
  if (held !== count) {
    throw new EexitError(
      "file-malformed",
      `${source.name}: a torch storage of ${held} elements, expected ${count} as declared`,
      "write the file again",
    );
  }
  return sliceSource(source.name, source, at + 8, count * size);
}

/** Data are little-endian whatever the machine; the entry says what the machine was, and only that kind was ever seen. */
function saysLittleEndian(system: PickleValue): boolean {
  if (typeof system !== "object" || system?.kind !== "dict") return false;
  return system.entries.some(([key, value]) => textOf(key) === "little_endian" && value === true);
}
