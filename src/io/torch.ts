import { EexitError } from "../errors.ts";
import { type ByteSource, sliceSource } from "./byte-source.ts";
import { onePartContent } from "./one-part-content.ts";
import { refuseLegacyTorch } from "./pickle/legacy-torch.ts";
import { nameArrays } from "./pickle/name-arrays.ts";
import { readPickle } from "./pickle/read-pickle.ts";
import { torchGlobals } from "./pickle/torch-globals.ts";
import { describeValue, type PickleStorage, type PickleValue, textOf } from "./pickle/values.ts";
import { printable } from "./printable.ts";
import { type Content, elementBytes } from "./tensor.ts";
import { openZip } from "./zip.ts";

/**
 * Opens a `.pth`/`.pt` archive (torch.save since 1.6) of plain tensors, lists, tuples or dicts of them, under the names
 * that `nameArrays` gives. The pickle inside is read by the restricted machine; tensors stay in the archive.
 * @throws EexitError as `openPickle` and `openZip`; `file-malformed` when the archive is not torch's
 */
export function openTorch(source: ByteSource): Content {
  refuseLegacyTorch(source);
  const entries = openZip(source);
  const pickleName = [...entries.keys()].find((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
  const pickle = pickleName === undefined ? undefined : entries.get(pickleName);
  if (pickleName === undefined || !pickle) {
    throw new EexitError(
      "file-malformed",
      `${source.name}: holds no data.pkl among its ${entries.size} entries, expected a torch archive`,
      "save it with torch.save, or arrays with np.savez",
    );
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  const littleEndian = readByteOrder(entries.get(`${folder}byteorder`));
  const load = (id: PickleValue) => loadStorage(source.name, entries, folder, littleEndian, id);
  const { part, layoutHint } = nameArrays(source.name, source.size, readPickle(pickle, torchGlobals, load));
  return onePartContent("pth", source, part, { layoutHint });
}

/** Archives before torch 2.1 do not say; they are little-endian. */
function readByteOrder(entry: ByteSource | undefined): boolean {
  if (!entry) return true;
  const order = Buffer.from(entry.read(0, Math.min(entry.size, 16))).toString("latin1");
  if (order === "little" || order === "big") return order === "little";
  const message = `${entry.name}: says "${printable(order)}", expected little or big`;
  throw new EexitError("file-malformed", message, "save it again with torch.save");
}

/** Persistent id ("storage", class, key, device, element count) → the entry `data/<key>`. */
function loadStorage(
  file: string,
  entries: ReadonlyMap<string, ByteSource>,
  folder: string,
  littleEndian: boolean,
  id: PickleValue,
): PickleStorage {
  const items = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  const [tag, type, count] = [textOf(items[0] ?? null), items[1] ?? null, items[4] ?? null];
  const key = textOf(items[2] ?? null);
  const isStorage = tag === "storage" && typeof type === "object" && type?.kind === "storage";
  if (!isStorage || key === null || typeof count !== "number" || !(count >= 0)) {
    const message = `${file}: refers to ${printable(describeValue(id))}, expected a torch storage`;
    throw new EexitError("file-malformed", message, "save it again with torch.save");
  }
  const entry = entries.get(`${folder}data/${key}`);
  const needed = count * elementBytes[type.type];
  if (!entry || !(needed <= entry.size)) {
    const found = entry ? `${entry.size} bytes` : "no entry";
    const message = `${file}: has ${found} for storage ${printable(key)}, expected ${needed} bytes`;
    throw new EexitError("file-truncated", message, "the file is incomplete; copy or write it again");
  }
  return { kind: "storage", type: type.type, littleEndian, bytes: sliceSource(entry.name, entry, 0, needed) };
}
