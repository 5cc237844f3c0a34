import { spawnSync } from "node:child_process";
import type { BenchModule } from "./bench-module.ts";

/** W3: `npm run bench:models`, which writes a page of its own. */
export const stagedInference: BenchModule = {
  name: "W3: staged inference",
  async run({ script }) {
    const { status, stderr } = spawnSync(process.execPath, [script("models.js")], { encoding: "utf8" });
    if (status === 0)
      return "Full network, stages and baked model, per batch size: [MODELS.md](MODELS.md), its synthetic networks measured in this run.";
    return `Not measured here: ${stderr.trim().split("\n").at(-1)}. Earlier figures: [MODELS.md](MODELS.md).`;
  },
};
