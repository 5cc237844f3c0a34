import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { writeStages } from "../../commands/write-stages.ts";
import { writeOutput } from "../../src/io/output.ts";
import { forgetTemporary, temporaryName } from "../../src/io/temporary-file.ts";
import { type Manifest, manifestName, pendingName, readStageFolder, type StageFile } from "../../src/onnx/manifest.ts";
import { digits, labelled, scratchFolder, succeed } from "../support/scratch.ts";

/** What earlier runs left, what other runs write at the same time, and names that are links. */
const scratch = scratchFolder();
const program = resolve("dist/bin/eexit.js");

function emptyFolder(name: string): string {
  mkdirSync(scratch.path(name));
  return scratch.path(name);
}

test("the next run removes what a killed one left, and nothing else", async () => {
  const folder = emptyFolder("leftovers");
  const target = join(folder, "t.json");
  const own = temporaryName(target);
  forgetTemporary(own);
  const named = (place: string, process: number) => `.t.json.${place}-${process}.0.tmp`;
  const [, place] = /\.t\.json\.([0-9a-f]{6})-/.exec(own) as RegExpExecArray;
  const ended = spawnSync(process.execPath, ["-e", "0"]).pid;
  const left = [named(place, ended), `.t.json.${place}-${process.pid}.999999.tmp`];
  const kept = [
    named(place, process.ppid),
    named("abcdef", ended),
    ".t.json.mine.tmp",
    `.u.json.${place}-${ended}.0.tmp`,
  ];
  for (const name of [...left, ...kept]) writeFileSync(join(folder, name), "half");
  await writeOutput(target, "new", { overwrite: true });
  expect(readdirSync(folder).sort()).toEqual([...kept, "t.json"].sort());
});

test("a name as long as the file system allows", async () => {
  const name = `${"ü".repeat(120)}.json`;
  const folder = emptyFolder("long");
  await writeOutput(join(folder, name), "new", { overwrite: true });
  expect(readdirSync(folder)).toEqual([name]);
});

test("a link to a file that is not there yet stays a link", async () => {
  const folder = emptyFolder("links");
  symlinkSync("second", join(folder, "first"));
  symlinkSync("target.json", join(folder, "second"));
  await writeOutput(join(folder, "first"), "new", { overwrite: true });
  expect(readFileSync(join(folder, "target.json"), "utf8")).toBe("new");
  expect(lstatSync(join(folder, "first")).isSymbolicLink()).toBe(true);
  symlinkSync("ring", join(folder, "ring"));
  await expect(writeOutput(join(folder, "ring"), "new", { overwrite: true })).rejects.toMatchObject({
    code: "output-failed",
  });
});

test("a name that ends in a slash is a folder's", async () => {
  const path = `${scratch.path("none")}/`;
  await expect(writeOutput(path, "x", { overwrite: true })).rejects.toThrow("names a folder, expected a file name");
});

test.skipIf(!existsSync(program))("of several runs to one output one wins, whole", async () => {
  const folder = emptyFolder("several");
  const levels = ["0.05", "0.1", "0.2"];
  const whole = await Promise.all(levels.map((e) => succeed(["calibrate", ...labelled, "-e", e])));
  const runs = levels.map((e) => {
    const argv = [program, "calibrate", ...labelled, "-e", e, "-q", "-o", join(folder, "t.json")];
    return new Promise((done) => spawn(process.execPath, argv, { stdio: "ignore" }).on("close", done));
  });
  expect(await Promise.all(runs)).toEqual([0, 0, 0]);
  expect(whole.map(({ stdout }) => stdout)).toContain(readFileSync(join(folder, "t.json"), "utf8"));
  expect(readdirSync(folder)).toEqual(["t.json"]);
});

/** The bundled stages, with `mark` at the end of each. */
function stages(mark: string): { files: StageFile[]; manifest: Manifest } {
  const found = readStageFolder(digits("stages"));
  const files = found.files.map(({ name, bytes }) => ({ name, bytes: Buffer.concat([bytes, Buffer.from(mark)]) }));
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const manifest = {
    ...found.manifest,
    stages: found.manifest.stages.map((stage, k) => ({ ...stage, sha256: sha256((files[k] as StageFile).bytes) })),
  };
  return { files: [...files, { name: manifestName, bytes: Buffer.from(JSON.stringify(manifest)) }], manifest };
}

test("two splits into one folder: one of them, whole", async () => {
  const folder = emptyFolder("two-splits");
  writeFileSync(join(folder, "notes.txt"), "mine");
  const two = ["a", "b"].map(stages);
  await Promise.all(two.map(({ files, manifest }) => writeStages(folder, files, manifest)));
  const { manifest } = readStageFolder(folder);
  expect(two.map((split) => split.manifest)).toContainEqual(manifest);
  expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
});

test("a folder whose manifest is newer than its stages is read by their pending names, and mended by the next split", async () => {
  const folder = scratch.path("pending");
  cpSync(digits("stages"), folder, { recursive: true });
  const { files, manifest } = stages("new");
  manifest.stages.forEach((stage, k) => {
    writeFileSync(join(folder, pendingName(stage)), (files[k] as StageFile).bytes);
  });
  expect(readStageFolder(folder).manifest).not.toEqual(manifest);
  writeFileSync(join(folder, manifestName), (files.at(-1) as StageFile).bytes);
  expect(readStageFolder(folder).files[0]?.bytes).toEqual(files[0]?.bytes);
  await writeStages(folder, files, manifest);
  expect(readdirSync(folder).sort()).toEqual([manifestName, ...manifest.stages.map(({ file }) => file)].sort());
});

test("fewer stages than before leave none of the old ones", async () => {
  const folder = emptyFolder("fewer");
  const { files, manifest } = stages("");
  await writeStages(folder, files, manifest);
  const fewer = { ...manifest, stages: manifest.stages.slice(0, 2), exits: manifest.exits.slice(0, 2) };
  const text = { name: manifestName, bytes: Buffer.from(JSON.stringify(fewer)) };
  await writeStages(folder, [...files.slice(0, 2), text], fewer);
  expect(readdirSync(folder).sort()).toEqual([manifestName, "stage_1.onnx", "stage_2.onnx"]);
});
