import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a word of the command line means a model: an .onnx file, a chain of them, or a folder of stages. */
export function isModelPath(path: string): boolean {
  return /\.onnx$/i.test(path) || existsSync(join(path, "manifest.json"));
}

/** The models of a chain `a.onnx,b.onnx,c.onnx`; null for a path of one model, commas in its name or not. */
export function chainOf(path: string): string[] | null {
  const models = path.split(",");
  return models.length > 1 && !existsSync(path) ? models : null;
}
