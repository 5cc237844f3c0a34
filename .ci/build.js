// Compiles the sources into dist/ from scratch, so that no deleted file lives on there: the SIMD kernels, TypeScript, then the bundle.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync } from "node:fs";

function compile(program, ...args) {
  const { status } = spawnSync(process.execPath, [`node_modules/${program}`, ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
const options = "-O3 --noAssert --runtime stub --enable simd --initialMemory 2 --use abort=";
for (const kernel of ["row-kernel", "envelope-games"]) {
  compile("assemblyscript/bin/asc.js", `assembly/${kernel}.ts`, "-o", `dist/${kernel}.wasm`, ...options.split(" "));
}
compile("typescript/bin/tsc", "-p", "tsconfig.json");
await import("./bundle.js");
chmodSync("dist/bin/eexit.js", 0o755);
