import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a word of the command line means a model: an .onnx file, a chain of them, or a folder of stages. */
export function isModelPath(path: string): boolean {
  return /\.onnx$/i.test(path) || existsSync(join(path, "manifest.json"));
}
