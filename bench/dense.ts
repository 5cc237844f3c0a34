import { spawnSync } from "node:child_process";
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { npyHeader } from "../src/io/npy-write.ts";
import { seededRandom } from "../src/stats/random.ts";

/**
 * Does memory stay flat? `eexit score` on dense logits of the size of a street scene, one file per image.
 *
 *   npm run bench:dense                 50 and 500 images of 4 exits × 19 classes × 256 × 512
 *   npm run bench:dense -- 20 200       other counts of images
 *
 * Three images of 40 MB each are written; more names are hard links to them, so the disk needs 120 MB whatever the count.
 * Writes bench/DENSE.md. The peak is the process's own resident memory (getrusage), the runtime of about 45 MB included.
 */
const shape = { exits: 4, classes: 19, height: 256, width: 512 };
const distinct = 3;

const folder = mkdtempSync(join(tmpdir(), "eexit-bench-dense-"));
try {
  const given = process.argv.slice(2).map(Number);
  const counts = given.length > 0 ? given : [50, 500];
  writeImages(Math.max(...counts));
  const rows = counts.map((count) => measured(count));
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const page = [
    "# Does memory stay flat over images?",
    "",
    `${machine}. Written by \`npm run bench:dense\`: \`eexit score\` on images of ${shape.exits} exits × ${shape.classes} classes ×`,
    `${shape.height} × ${shape.width} pixels in float32 (40 MB each, one file per image) with a label map each: three measures, of`,
    "each the mean, the 0.25-quantile and the least 50 × 50 window, and all four losses.",
    "",
    "| images | logits | peak memory | CPU seconds per image |",
    "| ---: | ---: | ---: | ---: |",
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

/** Logits in which neighbouring pixels agree, so that exits and labels resemble a segmentation's. */
function writeImages(count: number): void {
  const { exits, classes, height, width } = shape;
  const pixels = height * width;
  for (let image = 0; image < count; image++) {
    if (image >= distinct) {
      for (const kind of ["image", "labels"] as const) linkSync(nameOf(kind, image % distinct), nameOf(kind, image));
      continue;
    }
    const random = seededRandom(image);
    const truth = Uint8Array.from({ length: pixels }, (_, i) => {
      const [y, x] = [Math.floor(i / width) >> 5, (i % width) >> 6];
      return (7 * y + 3 * x + image) % classes;
    });
    const logits = new Float32Array(exits * classes * pixels);
    for (let l = 0; l < exits; l++) {
      for (let k = 0; k < classes; k++) {
        const plane = (l * classes + k) * pixels;
        for (let i = 0; i < pixels; i++) logits[plane + i] = 2 * random.uniform() + (truth[i] === k ? l + 1 : 0);
      }
    }
    const header = npyHeader("float32", [exits, classes, height, width]);
    writeFileSync(nameOf("image", image), Buffer.concat([header, new Uint8Array(logits.buffer)]));
    const labels = truth.map((label, i) => (i % 50 === 0 ? 255 : label));
    writeFileSync(nameOf("labels", image), Buffer.concat([npyHeader("uint8", [height, width]), labels]));
  }
}

/** A row of the table: one run in a process of its own. */
function measured(count: number): string {
  const aggregations = ["mean", "quantile:0.25", "patch:50"];
  const nine = ["top1", "top-diff", "entropy"].flatMap((measure) => aggregations.map((how) => `${measure}@${how}`));
  const names = (kind: "image" | "labels") => Array.from({ length: count }, (_, index) => nameOf(kind, index));
  const atExit =
    'process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();' +
    'process.stderr.write("\\nused " + maxRSS + " " + (userCPUTime + systemCPUTime)); });';
  const program = new URL("../bin/eexit.js", import.meta.url).pathname;
  const argv = ["score", ...names("image"), "--labels", names("labels").join(","), "--ignore-label", "255"];
  const asked = ["--confidence", nine.join(","), "-o", join(folder, "table.arrow")];
  const { stderr, status } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(atExit)}`, program, ...argv, ...asked],
    { encoding: "utf8" },
  );
  const used = /used (\d+) (\d+)$/.exec(stderr);
  if (status !== 0 || used === null) throw new Error(`eexit score ended with status ${status}: ${stderr}`);
  const [kibibytes, microseconds] = [Number(used[1]), Number(used[2])];
  const size = (4 * count * shape.exits * shape.classes * shape.height * shape.width) / 1e9;
  return `| ${count} | ${size.toFixed(1)} GB | ${Math.round((1024 * kibibytes) / 1e6)} MB | ${(microseconds / 1e6 / count).toFixed(2)} |`;
}
