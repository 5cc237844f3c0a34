import { EexitError } from "../errors.ts";
import { npyHeader } from "./npy-write.ts";
import { createOutputFile } from "./output.ts";

/** Class maps of images under way to an NPY file `[N, H, W]`, in whatever order they come. */
export interface ClassMapFile {
  /** @param classMap row-major `[height, width]` */
  put(sample: number, classMap: Int32Array, height: number, width: number): void;
  commit(): void;
  /** Leaves no half-written file. */
  abort(): void;
}

/** Every shape that fits a file fits a header of this size. */
const HEADER_SIZE = 128;

/**
 * Images leave early out of order, so every map is written at its own place: none is held in memory. uint8 for up to 256 classes,
 * uint16 beyond.
 *
 * @throws shape-mismatch when images differ in size, which one array cannot hold; output-failed
 */
export function createClassMapFile(path: string, classCount: number): ClassMapFile {
  const file = createOutputFile(path, { overwrite: true });
  const Kind = classCount <= 256 ? Uint8Array : Uint16Array;
  let size: readonly [height: number, width: number] | null = null;
  let sampleCount = 0;
  return {
    put(sample, classMap, height, width) {
      size ??= [height, width];
      if (size[0] !== height || size[1] !== width) {
        throw new EexitError(
          "shape-mismatch",
          `--predictions ${path}: image ${sample} has ${height} × ${width} pixels, expected ${size.join(" × ")} as before`,
          "one array holds images of one size; infer each size by itself",
        );
      }
      const bytes = new Uint8Array(Kind.from(classMap).buffer);
      file.writeAt(HEADER_SIZE + sample * bytes.length, bytes);
      sampleCount = Math.max(sampleCount, sample + 1);
    },
    commit() {
      const header = npyHeader(Kind === Uint8Array ? "uint8" : "uint16", [sampleCount, ...(size ?? [0, 0])]);
      file.writeAt(0, header);
      file.commit();
    },
    abort: () => file.abort(),
  };
}
