import { decodeModel, modelBytes, readModel } from "../../src/onnx/model.ts";
import type { Random } from "../../src/stats/random.ts";
import { type ArchiveFile, pack, unpack } from "./archive.ts";
import { type Consumer, consumeInput, consumeThreshold, modelConsumer } from "./consume.ts";
import { chance, mutateBytes, numberTexts, pick } from "./mutate-bytes.ts";
import { mutateValue } from "./mutate-value.ts";
import { operation, pickleProgram } from "./pickle-program.ts";
import { seedsOf } from "./seeds.ts";

/** How the inputs of one format are made and read. */
export interface Format {
  readonly consumer: () => Consumer;
  readonly maker: () => (random: Random) => Uint8Array;
}

const textTokens = [
  ...numberTexts,
  ",",
  "\n",
  "\r\n",
  '"',
  "[",
  "]",
  "{",
  "}",
  ":",
  "null",
  "\t",
  ";",
  "\ufeff",
  "label",
  "lambda",
];
const npyTokens = [
  "'<f4'",
  "'>f8'",
  "'|O'",
  "'|b1'",
  "'<i8'",
  "'<U3'",
  "'V2'",
  "[('a', '<f4')]",
  "True",
  "(3,)",
  "()",
  "(0, 3)",
  "(1099511627776, 0)",
  "'descr': ",
  "'shape': (2, 3, 4), ",
];
const pickleTokens = [
  "cnumpy\ndtype\n",
  "cnumpy.core.multiarray\n_reconstruct\n",
  "(",
  "t",
  "R",
  "b",
  ".",
  "\x85",
  "\x94",
  "]",
  "}",
  "a",
  "s",
  "u",
  "h\x00",
  "q\x01",
  "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
  "0",
  "2",
];
const bytesOf = (tokens: readonly string[], encoding: BufferEncoding = "utf8") =>
  tokens.map((token) => Buffer.from(token, encoding));

export const formats: Readonly<Record<string, Format>> = {
  npy: { consumer: () => consumeInput, maker: () => npyMaker(seedsOf([".npy"], "npy")) },
  npz: {
    consumer: () => consumeInput,
    maker: () => archiveMaker(seedsOf([".npz"], "npz"), npyMaker(seedsOf([".npy"], "npy"), true)),
  },
  "arrow-file": { consumer: () => consumeInput, maker: () => plainMaker(seedsOf([".arrow"], null), []) },
  "arrow-stream": { consumer: () => consumeInput, maker: () => streamMaker(seedsOf([".arrows"], null)) },
  pickle: { consumer: () => consumeInput, maker: () => pickleMaker(seedsOf([".p"], "pickle")) },
  pth: { consumer: () => consumeInput, maker: () => torchMaker(seedsOf([".pth"], "torch")) },
  safetensors: {
    consumer: () => consumeInput,
    maker: () => safetensorsMaker(seedsOf([".safetensors"], "safetensors")),
  },
  onnx: { consumer: modelConsumer, maker: () => onnxMaker([...seedsOf([".onnx"], null), lightNetwork()]) },
  threshold: { consumer: () => consumeThreshold, maker: () => jsonMaker(seedsOf(["threshold.json"], null)) },
  csv: { consumer: () => consumeInput, maker: () => plainMaker(seedsOf([".csv", ".txt"], null), bytesOf(textTokens)) },
  json: {
    consumer: () => consumeInput,
    maker: () => jsonMaker(seedsOf(["own-loss.json", "costs.json", "costs-per-stage.json"], null)),
  },
};

type Maker = (random: Random) => Uint8Array;

function plainMaker(seeds: readonly Uint8Array[], tokens: readonly Uint8Array[]): Maker {
  return (random) => mutateBytes(random, pick(random, seeds), pick(random, seeds), tokens);
}

/** Damage in the header's text with its length set right, or anywhere. */
function npyMaker(seeds: readonly Uint8Array[], gentle = false): Maker {
  const anywhere = plainMaker(seeds, bytesOf(npyTokens));
  return (random) => {
    if (chance(random, 0.4)) return anywhere(random);
    const seed = Buffer.from(pick(random, seeds));
    if (seed.length < 12 || (gentle && chance(random, 0.3))) return seed;
    const headerEnd = Math.min(seed.length, 10 + seed.readUInt16LE(8));
    const header = mutateBytes(random, seed.subarray(10, headerEnd), new Uint8Array(0), bytesOf(npyTokens));
    const start = Buffer.from(seed.subarray(0, 10));
    start.writeUInt16LE(Math.min(65535, header.length), 8);
    return Buffer.concat([start, header, seed.subarray(headerEnd)]);
  };
}

const entryNames = [
  "logits.npy",
  "labels.npy",
  "probs.npy",
  "lambdas.npy",
  "losses.npy",
  "scores.npy",
  "exits.npy",
  "confidence.npy",
  "arr_0.npy",
  "arr_1.npy",
  "a\u001b[31m.npy",
  "../x.npy",
  ".npy",
  "val_logits.npy",
];

/** Archives whose entries are damaged arrays, renamed, doubled or dropped, with right checksums; or damage anywhere. */
function archiveMaker(seeds: readonly Uint8Array[], entryMaker: Maker): Maker {
  const anywhere = plainMaker(seeds, []);
  const archives = whole(seeds);
  return (random) => {
    if (chance(random, 0.3)) return anywhere(random);
    const files: ArchiveFile[] = pick(random, archives).map((file) => ({ ...file }));
    for (let round = 1 + random.integer(3); round > 0 && files.length > 0; round--) {
      changeEntry(random, files, random.integer(files.length), entryMaker);
    }
    return chance(random, 0.9) ? pack(random, files) : mutateBytes(random, pack(random, files), new Uint8Array(0), []);
  };
}

function changeEntry(random: Random, files: ArchiveFile[], at: number, entryMaker: Maker): void {
  const { name, bytes } = files[at] as ArchiveFile;
  switch (random.integer(10)) {
    case 0:
    case 1:
      files[at] = { name: pick(random, entryNames), bytes };
      return;
    case 2:
      files.push({ name: pick(random, entryNames), bytes });
      return;
    case 3:
      files.splice(at, 1);
      return;
    default:
      files[at] = {
        name,
        bytes: chance(random, 0.5) ? entryMaker(random) : mutateBytes(random, bytes, bytes, bytesOf(npyTokens)),
      };
  }
}

/** Archives that can be taken apart. */
function whole(seeds: readonly Uint8Array[]): ArchiveFile[][] {
  return seeds.flatMap((seed) => {
    try {
      return [unpack(seed)];
    } catch {
      return [];
    }
  });
}

/** Whole messages of a stream dropped, doubled or exchanged, then damage anywhere. */
function streamMaker(seeds: readonly Uint8Array[]): Maker {
  const messages = seeds.flatMap(messagesOf);
  const anywhere = plainMaker(seeds, []);
  return (random) => {
    if (chance(random, 0.6)) return anywhere(random);
    const stream = messagesOf(pick(random, seeds));
    stream.splice(
      random.integer(stream.length),
      random.integer(2),
      ...(chance(random, 0.7) ? [pick(random, messages)] : []),
    );
    const joined = Buffer.concat(stream);
    return chance(random, 0.3) ? joined : mutateBytes(random, joined, pick(random, seeds), []);
  };
}

/** The stream cut at its continuation marks. */
function messagesOf(bytes: Uint8Array): Uint8Array[] {
  const cuts = [0];
  for (let at = 8; at + 4 <= bytes.length; at += 8)
    if (bytes.subarray(at, at + 4).every((byte) => byte === 255)) cuts.push(at);
  return cuts.map((cut, i) => bytes.subarray(cut, cuts[i + 1] ?? bytes.length));
}

function pickleMaker(seeds: readonly Uint8Array[]): Maker {
  const tokens = bytesOf(pickleTokens, "latin1");
  return (random) => {
    if (chance(random, 0.3)) return pickleProgram(random);
    const operations = chance(random, 0.5) ? tokens : Array.from({ length: 4 }, () => operation(random));
    return mutateBytes(random, pick(random, seeds), pick(random, seeds), operations);
  };
}

function torchMaker(seeds: readonly Uint8Array[]): Maker {
  const anywhere = plainMaker(seeds, []);
  const archives = whole(seeds).filter((files) => files.some(({ name }) => name.endsWith("data.pkl")));
  const pickles = archives.flatMap((files) =>
    files.filter(({ name }) => name.endsWith("data.pkl")).map(({ bytes }) => bytes),
  );
  const damaged = pickleMaker(pickles);
  return (random) => {
    if (chance(random, 0.2)) return anywhere(random);
    const files = pick(random, archives).map(({ name, bytes }) => {
      if (name.endsWith("data.pkl"))
        return {
          name,
          bytes: chance(random, 0.6)
            ? mutateBytes(random, bytes, pick(random, pickles), bytesOf(pickleTokens, "latin1"))
            : chance(random, 0.5)
              ? damaged(random)
              : bytes,
        };
      return { name, bytes: chance(random, 0.2) ? mutateBytes(random, bytes, bytes, []) : bytes };
    });
    return pack(random, files);
  };
}

/** Damage in the header's JSON with its length set right, in its text, or anywhere. */
function safetensorsMaker(seeds: readonly Uint8Array[]): Maker {
  const anywhere = plainMaker(seeds, bytesOf(textTokens));
  return (random) => {
    const seed = Buffer.from(pick(random, seeds));
    const length = seed.length >= 8 ? Number(seed.readBigUInt64LE()) : 0;
    if (chance(random, 0.3) || !(length > 0 && 8 + length <= seed.length)) return anywhere(random);
    const text = seed.subarray(8, 8 + length);
    const header = chance(random, 0.6)
      ? damagedJson(random, text)
      : mutateBytes(random, text, text, bytesOf(textTokens));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([start, header, seed.subarray(8 + length)]);
  };
}

function jsonMaker(seeds: readonly Uint8Array[]): Maker {
  const anywhere = plainMaker(seeds, bytesOf(textTokens));
  return (random) => (chance(random, 0.3) ? anywhere(random) : damagedJson(random, pick(random, seeds)));
}

/** Members damaged; text that is no JSON is damaged as text. */
function damagedJson(random: Random, text: Uint8Array): Uint8Array {
  try {
    const value = mutateValue(random, JSON.parse(Buffer.from(text).toString("utf8")));
    return Buffer.from(JSON.stringify(value) ?? "");
  } catch {
    return mutateBytes(random, text, text, bytesOf(textTokens));
  }
}

/** The bundled network of four exits with eight bytes left of each weight: nothing here looks at values. */
function lightNetwork(): Uint8Array {
  const { proto, graph } = readModel("sample-data/digits/model.onnx");
  for (const tensor of graph.initializer) tensor.rawData = tensor.rawData.slice(0, 8);
  return modelBytes("seed", proto);
}

/** Fields of the decoded messages damaged, the message encoded again; or damage anywhere. */
function onnxMaker(seeds: readonly Uint8Array[]): Maker {
  const anywhere = plainMaker(seeds, []);
  return (random) => {
    if (chance(random, 0.4)) return anywhere(random);
    try {
      const proto = decodeModel("seed", Uint8Array.from(pick(random, seeds)));
      mutateValue(random, proto);
      return modelBytes("seed", proto);
    } catch {
      return anywhere(random);
    }
  };
}
