import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EexitError } from "../errors.ts";
import { tool } from "../version.ts";
import { stageModel } from "./graph/stage-model.ts";
import { modelBytes, opsetOf } from "./model.ts";
import type { LiveTensor, Network } from "./network.ts";
import type { StageProof } from "./prove-stages.ts";
import { isOrtType } from "./session.ts";

/** `manifest.json` of a folder of stages, version 1. */
export interface Manifest {
  readonly format: "eexit-stages";
  readonly version: 1;
  readonly model: { readonly sha256: string; readonly opset: number };
  readonly exits: readonly string[];
  /** Of one sample: [C], or [C, H, W]. */
  readonly exitShape: readonly number[];
  readonly inputs: readonly string[];
  readonly stages: readonly ManifestStage[];
  /** Nodes that feed no exit and are in no stage. */
  readonly dropped: readonly string[];
  /** Nodes whose work is not in the MACs. */
  readonly uncounted: readonly string[];
  readonly proof: StageProof & { readonly realRows: boolean; readonly seed: number };
  readonly tool: { readonly name: string; readonly version: string };
}

export interface ManifestStage {
  readonly file: string;
  readonly sha256: string;
  readonly exit: string;
  readonly confidence: string | null;
  readonly reads: readonly string[];
  /** What crosses the boundary behind the stage. */
  readonly live: readonly LiveTensor[];
  /** Multiply-accumulates per sample, of this stage and of everything up to its exit. */
  readonly macs: number;
  readonly cumulativeMacs: number;
  readonly parameters: number;
  readonly nodes: number;
}

export const manifestName = "manifest.json";

/** A stage's file name and content. */
export interface StageFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a split network; the manifest is the last one, so that a folder with a manifest is complete. */
export function stageFiles(network: Network, proof: Manifest["proof"]): { files: StageFile[]; manifest: Manifest } {
  let cumulativeMacs = 0;
  const files: StageFile[] = [];
  const stages = network.stages.map((stage, index): ManifestStage => {
    const name = `stage_${index + 1}.onnx`;
    const bytes = modelBytes(name, stageModel(network, index));
    files.push({ name, bytes });
    cumulativeMacs += stage.macs;
    const { exit, confidence, reads, live, macs, parameters, nodes } = stage;
    return {
      file: name,
      sha256: sha256(bytes),
      exit,
      confidence,
      reads,
      live,
      macs,
      cumulativeMacs,
      parameters,
      nodes: nodes.length,
    };
  });
  const manifest: Manifest = {
    format: "eexit-stages",
    version: 1,
    model: { sha256: network.model.sha256, opset: opsetOf(network.model.proto) },
    exits: network.exits,
    exitShape: network.exitShape,
    inputs: network.graph.inputs.map(({ name }) => name),
    stages,
    dropped: network.dropped,
    uncounted: network.uncounted,
    proof,
    tool,
  };
  files.push({ name: manifestName, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) });
  return { files, manifest };
}

export function isStageFolder(path: string): boolean {
  return existsSync(join(path, manifestName));
}

/** The name of a new stage until the manifest that lists it is in its place. */
export function pendingName({ file, sha256 }: Pick<ManifestStage, "file" | "sha256">): string {
  return `.${file}.${sha256.slice(0, 16)}.next`;
}

/**
 * Reads a folder of stages: the manifest and the stage files, which must be the ones that were proved. Where a split was
 * killed between the manifest and the stages, those of the manifest still stand under their pending names.
 * @throws manifest-invalid
 */
export function readStageFolder(folder: string): { manifest: Manifest; files: readonly StageFile[] } {
  const path = join(folder, manifestName);
  for (;;) {
    const text = manifestText(path);
    try {
      return readListed(folder, checkedManifest(path, parsed(path, text)));
    } catch (error) {
      // Replaced while it was read: the new one is as good.
      if (text === manifestText(path)) throw error;
    }
  }
}

function readListed(folder: string, manifest: Manifest): { manifest: Manifest; files: readonly StageFile[] } {
  const files = manifest.stages.map((stage) => {
    const { file, sha256: expected } = stage;
    for (const name of [pendingName(stage), file]) {
      const bytes = stageBytes(join(folder, name), name === file);
      if (bytes && sha256(bytes) === expected) return { name: file, bytes };
    }
    throw new EexitError(
      "manifest-invalid",
      `${join(folder, file)}: its SHA-256 differs from the manifest's, expected the file that was proved`,
      "split the model again: eexit split model.onnx -o stages/ --force",
    );
  });
  return { manifest, files };
}

/** @returns null for a file that need not be there and is not */
function stageBytes(path: string, needed: boolean): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    if (!needed) return null;
    throw new EexitError(
      "manifest-invalid",
      `${path}: cannot be read, expected a stage that the manifest names`,
      "split the model again",
    );
  }
}

function manifestText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalid(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(path, `is not JSON (${(error as Error).message.slice(0, 80)})`);
  }
}

/** The fields that running the stages relies on. */
function checkedManifest(path: string, value: unknown): Manifest {
  const manifest = value as Partial<Manifest> | null;
  if (manifest?.format !== "eexit-stages")
    throw invalid(path, `has format ${JSON.stringify(manifest?.format) ?? "none"}`);
  if (typeof manifest.version !== "number" || manifest.version > 1) {
    throw new EexitError(
      "version-unsupported",
      `${path}: version ${manifest.version}, expected at most 1`,
      "update eexit, or split the model again",
    );
  }
  const { stages, exits, exitShape, inputs } = manifest;
  if (
    !Array.isArray(stages) ||
    stages.length < 2 ||
    !isTexts(exits) ||
    exits.length !== stages.length ||
    !isTexts(inputs)
  )
    throw invalid(path, "lacks stages, exits or inputs");
  if (!Array.isArray(exitShape) || !exitShape.every((size) => Number.isInteger(size) && size > 0))
    throw invalid(path, "lacks exitShape");
  for (const stage of stages)
    if (!isStage(stage)) throw invalid(path, `has a bad stage ${JSON.stringify(stage)?.slice(0, 80)}`);
  return manifest as Manifest;
}

function isStage(stage: Partial<ManifestStage> | null): boolean {
  if (stage === null || typeof stage.file !== "string" || /[\\/]/.test(stage.file) || typeof stage.sha256 !== "string")
    return false;
  const live = (tensor: Partial<LiveTensor> | null) =>
    tensor !== null &&
    typeof tensor.name === "string" &&
    isOrtType(String(tensor.type)) &&
    Array.isArray(tensor.shape) &&
    (tensor.axis === null || Number.isInteger(tensor.axis));
  return (
    isTexts(stage.reads) &&
    typeof stage.exit === "string" &&
    Array.isArray(stage.live) &&
    stage.live.every(live) &&
    typeof stage.cumulativeMacs === "number"
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function invalid(path: string, what: string): EexitError {
  return new EexitError(
    "manifest-invalid",
    `${path}: ${what}, expected a manifest written by eexit split`,
    "split the model again: eexit split model.onnx -o stages/",
  );
}
