// Calibrates on one part of really trained networks and tables and measures on the other, as a Markdown page.
//
//   npm run evidence -- <folder> [name …]
//
// <folder> holds one folder per network with logits_{cal,test}.npy, labels_{cal,test}.npy and stats.json
// (cost.cumulative_macs), or a loss table; for segmentation the label 255 is left out. Names choose pages; those of the
// last run are in docs/evidence.md.
import { join } from "node:path";
import { offerWalks } from "../src/control/walk-engines.ts";
import { simdWalks } from "../src/io/walk-kernel-file.ts";
import { classificationPage, isClassification } from "./evidence/classification.ts";
import { isSegmentation, segmentationPage } from "./evidence/images.ts";
import { hasTable, lossTablePage, tableTasks } from "./evidence/loss-tables.ts";
import { twinsPage } from "./evidence/twins.ts";

offerWalks(simdWalks);

const gaps = ["prediction-gap", "prediction-consistency", "brier-gap", "brier-consistency"];
const networks: Readonly<Record<string, readonly string[]>> = {
  digits: gaps,
  "fashion-msd": gaps,
  "calm-char": ["prediction-gap", "brier-gap"],
};

interface Page {
  readonly name: string;
  readonly isThere: boolean;
  text(): Promise<string>;
}

function pagesOf(folder: string): Page[] {
  const classified = Object.entries(networks)
    .map(([name, risks]) => ({ name, risks, folder: join(folder, name) }))
    .filter((network) => isClassification(network.folder));
  const segmented = [{ name: "camvid-seg", folder: join(folder, "camvid-seg") }].filter((network) =>
    isSegmentation(network.folder),
  );
  return [
    ...Object.entries(networks).map(([name, risks]) => ({
      name,
      isThere: isClassification(join(folder, name)),
      text: () => classificationPage(join(folder, name), name, risks),
    })),
    ...tableTasks.map((task) => ({
      name: task.name,
      isThere: hasTable(folder, task),
      text: () => lossTablePage(folder, task),
    })),
    {
      name: "twins",
      isThere: classified.length > 0,
      text: () => twinsPage(classified, segmented),
    },
    {
      name: "camvid-seg",
      isThere: isSegmentation(join(folder, "camvid-seg")),
      text: () => segmentationPage(join(folder, "camvid-seg"), "camvid-seg"),
    },
  ];
}

const [folder, ...names] = process.argv.slice(2);
const pages = folder === undefined ? [] : pagesOf(folder);
const wanted = pages.filter(({ name, isThere }) => isThere && (names.length === 0 || names.includes(name)));
if (wanted.length === 0) {
  const known = (folder === undefined ? pagesOf("") : pages).map(({ name }) => name).join(", ");
  process.stderr.write(`usage: npm run evidence -- <folder> [name …], with any of ${known}\n`);
  process.exitCode = 2;
} else {
  for (const [index, page] of wanted.entries())
    process.stdout.write(`${index === 0 ? "" : "\n"}${await page.text()}\n`);
}
