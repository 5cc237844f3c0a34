import { EexitError } from "../errors.ts";
import { type ByteSource, sliceSource } from "./byte-source.ts";
import { deferredSource } from "./derived-source.ts";
import { damaged } from "./flat-table.ts";
import { lz4Frame } from "./lz4-frame.ts";

/** Turns a frame into a new array of exactly `size` bytes; throws a plain error on damage. */
type Decompress = (frame: Uint8Array, size: number) => Uint8Array;

/** How the bodies of one batch are compressed. */
export interface BodyCodec {
  readonly name: "LZ4" | "ZSTD";
  readonly decompress: Decompress;
  /** Largest growth that the format can express: an LZ4 byte extends a match by 255, a 4-byte ZSTD block fills 128 KiB. */
  readonly largestRatio: number;
}

/** A batch that needs more than this for one column is better written as smaller batches. */
const largestBuffer = 2 ** 31;
/** A ZSTD window is memory that a header alone can ask for; level 22 uses 128 MiB. */
const largestWindow = 128 * 1024 * 1024;

/** The codec with the format's number (0 LZ4 frame, 1 ZSTD). ZSTD's decoder is loaded when a file asks for it. */
export async function bodyCodec(source: string, number: number): Promise<BodyCodec> {
  if (number === 0) return { name: "LZ4", decompress: lz4Frame, largestRatio: 255 };
  if (number === 1) return { name: "ZSTD", decompress: await zstdFrame(), largestRatio: 32768 };
  throw damaged(source, `the compression number ${number}`);
}

/**
 * The uncompressed bytes of a compressed buffer: its first 8 bytes are the uncompressed length (−1: stored as it is), the
 * rest is one frame. The declared length is checked against what the codec can express before anything is allocated, and
 * the frame is decompressed when the bytes are first read.
 */
export function decompressed(buffer: ByteSource, codec: BodyCodec): ByteSource {
  if (buffer.size === 0) return buffer;
  if (buffer.size < 8) throw damaged(buffer.name, `a compressed buffer of ${buffer.size} bytes`);
  const prefix = buffer.read(0, 8);
  const size = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigInt64(0, true));
  const frame = sliceSource(buffer.name, buffer, 8, buffer.size - 8);
  if (size === -1) return frame;
  if (size < 0 || size > largestBuffer || size > frame.size * codec.largestRatio) {
    throw new EexitError(
      "zip-bomb",
      `${buffer.name}: ${frame.size} ${codec.name} bytes claim to hold ${size}, expected at most ${Math.min(largestBuffer, frame.size * codec.largestRatio)}`,
      "write the file uncompressed or in smaller batches",
    );
  }
  return deferredSource(buffer.name, size, () => {
    try {
      return codec.decompress(frame.read(0, frame.size), size);
    } catch (error) {
      throw new EexitError(
        "file-malformed",
        `${buffer.name}: a ${codec.name} body cannot be decompressed (${(error as Error).message})`,
        "write the file again without compression (compressed files of the apache-arrow JavaScript package are wrong up to 21.2)",
      );
    }
  });
}

async function zstdFrame(): Promise<Decompress> {
  const zstd = await import("fzstd");
  return (frame, size) => {
    const header = zstdHeader(frame);
    if (header.contentSize !== null && header.contentSize !== size) {
      throw new RangeError(`a frame of ${header.contentSize} bytes, declared are ${size}`);
    }
    const target = new Uint8Array(size);
    // With the content size known the frame decodes in place. Streaming writers leave it out: then the output is counted.
    if (header.contentSize !== null) return zstd.decompress(frame, target);
    let filled = 0;
    const stream = new zstd.Decompress((chunk) => {
      if (filled + chunk.length > size) throw new RangeError(`more than the declared ${size} bytes`);
      target.set(chunk, filled);
      filled += chunk.length;
    });
    stream.push(frame, true);
    if (filled !== size) throw new RangeError(`${filled} bytes after decompression, declared are ${size}`);
    return target;
  };
}

/** What a ZSTD frame header says about its size (RFC 8878, 3.1.1.1). Throws on anything but one plain frame. */
function zstdHeader(frame: Uint8Array): { contentSize: number | null } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 9 || view.getUint32(0, true) !== 0xfd2fb528) throw new RangeError("no ZSTD frame");
  const flags = frame[4]!;
  const singleSegment = (flags & 0x20) !== 0;
  if (flags & 3) throw new RangeError("a ZSTD frame that needs a dictionary");
  const window = singleSegment ? 0 : 2 ** (10 + (frame[5]! >> 3)) * (1 + (frame[5]! & 7) / 8);
  if (window > largestWindow) throw new RangeError(`a ZSTD window of ${window} bytes`);
  const at = singleSegment ? 5 : 6;
  const sizeCode = flags >> 6;
  if (at + 8 > frame.length && sizeCode === 3) throw new RangeError("a ZSTD frame that ends early");
  if (sizeCode === 0) return { contentSize: singleSegment ? frame[at]! : null };
  if (sizeCode === 1) return { contentSize: view.getUint16(at, true) + 256 };
  if (sizeCode === 2) return { contentSize: view.getUint32(at, true) };
  return { contentSize: Number(view.getBigUint64(at, true)) };
}
