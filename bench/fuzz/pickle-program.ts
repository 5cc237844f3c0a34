import type { Random } from "../../src/stats/random.ts";
import { chance, pick } from "./mutate-bytes.ts";

const names = [
  "numpy.core.multiarray _reconstruct",
  "numpy._core.multiarray _reconstruct",
  "numpy._core.multiarray scalar",
  "numpy._core.numeric _frombuffer",
  "numpy ndarray",
  "numpy dtype",
  "_codecs encode",
  "builtins bytes",
  "collections OrderedDict",
  "torch._utils _rebuild_tensor_v2",
  "torch._utils _rebuild_parameter",
  "torch FloatStorage",
  "torch HalfStorage",
  "os system",
  "numpy.core.multiarray _reconstruct.__globals__",
];
const texts = [
  "f4",
  "f8",
  "i8",
  "O",
  "V2",
  "<",
  ">",
  "|",
  "C",
  "F",
  "K",
  "latin1",
  "logits",
  "labels",
  "storage",
  "cpu",
  "0",
  "b",
];
const numbers = [0, 1, 2, 3, 4, 5, 6, 20, 60, 255, 65535, 2 ** 31 - 1, -1];

/** A pickle of random but well-formed operations: what byte damage to real files hardly ever reaches. */
export function pickleProgram(random: Random): Uint8Array {
  const pieces: Buffer[] = [Buffer.from([0x80, 2 + random.integer(4)])];
  for (let left = 1 + random.integer(60); left > 0; left--) pieces.push(operation(random));
  if (chance(random, 0.95)) pieces.push(Buffer.from("."));
  return Buffer.concat(pieces);
}

/** One operation with its argument, also for inserting into real pickles. */
export function operation(random: Random): Buffer {
  const kind = random.integer(24);
  if (kind < 4) return Buffer.concat([short(pick(random, texts))]);
  if (kind < 8) return whole(random);
  if (kind === 8) return Buffer.from(`c${pick(random, names).replace(" ", "\n")}\n`);
  if (kind === 9) {
    const [module, name] = pick(random, names).split(" ");
    return Buffer.concat([short(module as string), short(name as string), Buffer.from([0x93])]);
  }
  if (kind === 10) return rawBytes(random);
  if (kind === 11) return Buffer.concat([Buffer.from("G"), float(random)]);
  if (kind === 12) return memoOperation(random);
  if (kind === 13) return call(random);
  if (kind === 14) return Buffer.from([random.integer(256)]);
  return Buffer.from(
    pick(random, [
      "(",
      ")",
      "]",
      "}",
      "t",
      "l",
      "d",
      "a",
      "e",
      "s",
      "u",
      "\x85",
      "\x86",
      "\x87",
      "0",
      "1",
      "2",
      "R",
      "b",
      "Q",
      "\x81",
      "\x94",
      "N",
      "\x88",
    ]),
    "latin1",
  );
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x8c, text.length]), Buffer.from(text)]);
}

function whole(random: Random): Buffer {
  const value = pick(random, numbers);
  if (value >= 0 && value < 256) return Buffer.from([0x4b, value]);
  const bytes = Buffer.alloc(5);
  bytes[0] = 0x4a;
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function rawBytes(random: Random): Buffer {
  const length = pick(random, [0, 1, 4, 8, 24, 48, 96]);
  return Buffer.concat([Buffer.from([0x43, length]), Buffer.alloc(length, random.integer(256))]);
}

function float(random: Random): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(random.normal());
  return bytes;
}

function memoOperation(random: Random): Buffer {
  return Buffer.from([pick(random, [0x71, 0x68]), random.integer(6)]);
}

/** A whole call with fitting arguments, some of them wrong. */
function call(random: Random): Buffer {
  const [module, name] = pick(random, names).split(" ");
  const global = Buffer.concat([short(module as string), short(name as string), Buffer.from([0x93])]);
  const args = Array.from({ length: 1 + random.integer(4) }, () => argument(random));
  return Buffer.concat([global, Buffer.from("("), ...args, Buffer.from("tR")]);
}

function argument(random: Random): Buffer {
  switch (random.integer(6)) {
    case 0:
      return short(pick(random, texts));
    case 1:
      return whole(random);
    case 2:
      return rawBytes(random);
    case 3:
      return Buffer.concat([
        Buffer.from("("),
        ...Array.from({ length: random.integer(4) }, () => whole(random)),
        Buffer.from("t"),
      ]);
    case 4:
      return Buffer.concat([Buffer.from("cnumpy\ndtype\n("), short(pick(random, texts)), Buffer.from("tR")]);
    default:
      return operation(random);
  }
}
