import { spawnSync } from "node:child_process";
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { npyHeader } from "../src/io/npy-write.ts";
import { seededRandom } from "../src/stats/random.ts";
import { writeDeflatedNpz } from "./deflated-npz.ts";

/**
 * Does memory stay flat? `eexit score` on dense logits: images of the size of a street scene, one file each, and smaller ones in one
 * deflated NPZ.
 *
 *   npm run bench:dense                 50 and 500 street scenes, 100 and 400 smaller images
 *   npm run bench:dense -- 20 200       other counts, of both
 *
 * Three street scenes of 40 MB each are written; more names are hard links to them, so the disk needs 120 MB whatever the count. A smaller image
 * takes 0.8 MB of an NPZ. Writes bench/DENSE.md. The peak is the process's own resident memory (getrusage), the runtime of about 45 MB included.
 */
const [exits, classes] = [4, 19];

interface Size {
  readonly height: number;
  readonly width: number;
  /** Of the least window mean. */
  readonly patch: number;
}

const street: Size = { height: 256, width: 512, patch: 50 };
const small: Size = { height: 64, width: 128, patch: 8 };
const distinct = 3;

const folder = mkdtempSync(join(tmpdir(), "eexit-bench-dense-"));
try {
  const given = process.argv.slice(2).map(Number);
  const counts = given.length > 0 ? given : [50, 500];
  writeFiles(Math.max(...counts));
  const rows = counts.map((count) => {
    const names = (kind: "image" | "labels") => Array.from({ length: count }, (_, index) => nameOf(kind, index));
    return measured("one NPY each", count, street, [...names("image"), "--labels", names("labels").join(",")]);
  });
  for (const count of given.length > 0 ? given : [100, 400]) {
    const archive = join(folder, "images.npz");
    writeArchive(archive, count);
    rows.push(measured("a deflated NPZ", count, small, [archive]));
  }
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const page = [
    "# Does memory stay flat over images?",
    "",
    `${machine}. Written by \`npm run bench:dense\`: \`eexit score\` on images of ${exits} exits × ${classes} classes in float32 with a`,
    "label map each: three measures, of each the mean, the 0.25-quantile and the least window mean, and all four losses.",
    "",
    "| files | pixels | window | images | logits | peak memory | CPU seconds per image |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
  ];
  const text = page.join("\n");
  writeFileSync(new URL("../../bench/DENSE.md", import.meta.url), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function nameOf(kind: "image" | "labels", index: number): string {
  return join(folder, `${kind}-${String(index).padStart(5, "0")}.npy`);
}

function writeFiles(count: number): void {
  const { height, width } = street;
  for (let index = 0; index < count; index++) {
    if (index >= distinct) {
      for (const kind of ["image", "labels"] as const) linkSync(nameOf(kind, index % distinct), nameOf(kind, index));
      continue;
    }
    const { logits, labels } = image(index, street);
    const header = npyHeader("float32", [exits, classes, height, width]);
    writeFileSync(nameOf("image", index), Buffer.concat([header, logits]));
    writeFileSync(nameOf("labels", index), Buffer.concat([npyHeader("uint8", [height, width]), labels]));
  }
}

function writeArchive(path: string, count: number): void {
  const { height, width } = small;
  const images = Array.from({ length: distinct }, (_, index) => image(index, small));
  const logits = { type: "float32", shape: [exits, classes, height, width] } as const;
  const labels = { type: "uint8", shape: [height, width] } as const;
  writeDeflatedNpz(
    path,
    [
      { name: "logits", ...logits, pieces: images.map((each) => each.logits) },
      { name: "labels", ...labels, pieces: images.map((each) => each.labels) },
    ],
    count,
  );
}

/** Logits, in sixteenths, in which neighbouring pixels agree, so that exits and labels resemble a segmentation's. */
function image(seed: number, { height, width }: Size): { logits: Uint8Array; labels: Uint8Array } {
  const pixels = height * width;
  const random = seededRandom(seed);
  const truth = Uint8Array.from({ length: pixels }, (_, i) => {
    const [y, x] = [Math.floor(i / width) >> 5, (i % width) >> 6];
    return (7 * y + 3 * x + seed) % classes;
  });
  const logits = new Float32Array(exits * classes * pixels);
  for (let l = 0; l < exits; l++) {
    for (let k = 0; k < classes; k++) {
      const plane = (l * classes + k) * pixels;
      for (let i = 0; i < pixels; i++) logits[plane + i] = random.integer(32) / 16 + (truth[i] === k ? l + 1 : 0);
    }
  }
  const labels = truth.map((label, i) => (i % 50 === 0 ? 255 : label));
  return { logits: new Uint8Array(logits.buffer), labels };
}

/** A row of the table: one run in a process of its own. */
function measured(files: string, count: number, { height, width, patch }: Size, inputs: readonly string[]): string {
  const aggregations = ["mean", "quantile:0.25", `patch:${patch}`];
  const nine = ["top1", "top-diff", "entropy"].flatMap((measure) => aggregations.map((how) => `${measure}@${how}`));
  const atExit =
    'process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();' +
    'process.stderr.write("\\nused " + maxRSS + " " + (userCPUTime + systemCPUTime)); });';
  const program = new URL("../bin/eexit.js", import.meta.url).pathname;
  const argv = ["score", ...inputs, "--ignore-label", "255", "--confidence", nine.join(",")];
  const { stderr, status } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(atExit)}`,
      program,
      ...argv,
      "-o",
      join(folder, "table.arrow"),
    ],
    { encoding: "utf8" },
  );
  const used = /used (\d+) (\d+)$/.exec(stderr);
  if (status !== 0 || used === null) throw new Error(`eexit score ended with status ${status}: ${stderr}`);
  const [kibibytes, microseconds] = [Number(used[1]), Number(used[2])];
  const size = (4 * count * exits * classes * height * width) / 1e9;
  const cpu = Number((microseconds / 1e6 / count).toPrecision(2));
  const peak = `${Math.round((1024 * kibibytes) / 1e6)} MB`;
  return `| ${files} | ${height} × ${width} | ${patch} × ${patch} | ${count} | ${size.toFixed(1)} GB | ${peak} | ${cpu} |`;
}
