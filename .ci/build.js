// Compiles the sources into dist/ from scratch, so that no deleted file lives on there, and bundles the command line.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
await import("./bundle.js");
chmodSync("dist/bin/eexit.js", 0o755);
