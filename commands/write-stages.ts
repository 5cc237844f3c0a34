import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeOutputFolder, writeOutput } from "../src/io/output.ts";
import { removeQuietly } from "../src/io/temporary-file.ts";
import { type Manifest, manifestName, pendingName, type StageFile } from "../src/onnx/manifest.ts";

/**
 * Writes a folder of stages, or replaces one, in one step: the new stages first go beside the old ones under pending names,
 * then the manifest is renamed over the old one, then the stages get their names. A kill before that rename leaves the old
 * folder, a kill after it the new one, whose reader finds the rest under the pending names. Stages that only the old
 * manifest listed are removed; other files in the folder are left alone.
 *
 * Of two runs into one folder the later manifest wins. Should the other's stage still slip under a name, the hashes tell.
 *
 * @param files the stages, and the manifest as the last one
 * @throws output-failed
 */
export async function writeStages(folder: string, files: readonly StageFile[], manifest: Manifest): Promise<void> {
  makeOutputFolder(folder);
  const before = stagesListed(folder);
  for (const [index, stage] of manifest.stages.entries()) {
    await writeOutput(join(folder, pendingName(stage)), files[index].bytes, { overwrite: true });
  }
  const text = Buffer.from(files[files.length - 1].bytes);
  await writeOutput(join(folder, manifestName), text, { overwrite: true });
  for (const stage of manifest.stages) {
    if (!text.equals(manifestBytes(folder))) break;
    moveInto(folder, pendingName(stage), stage.file);
  }
  const listed = new Set(manifest.stages.map(({ file }) => file));
  for (const file of before) if (!listed.has(file)) removeQuietly(join(folder, file));
  removeOldPending(folder);
}

/** Names of stages in the manifest that is there, whatever else is in it. */
function stagesListed(folder: string): string[] {
  try {
    const { stages } = JSON.parse(manifestBytes(folder).toString("utf8")) as { stages: { file: unknown }[] };
    return stages.map(({ file }) => String(file)).filter((file) => /^stage_\d+\.onnx$/.test(file));
  } catch {
    return [];
  }
}

function manifestBytes(folder: string): Buffer {
  try {
    return readFileSync(join(folder, manifestName));
  } catch {
    return Buffer.alloc(0);
  }
}

/** Another run that writes the same stage may have moved it already. */
function moveInto(folder: string, pending: string, file: string): void {
  try {
    renameSync(join(folder, pending), join(folder, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** What killed runs left, a good while ago: a younger one may belong to a run that is about to use it. */
function removeOldPending(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^\.stage_\d+\.onnx\.[0-9a-f]{16}\.next$/.test(name)) continue;
    const path = join(folder, name);
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 3_600_000) removeQuietly(path);
  }
}
