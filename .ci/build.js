// Compiles the sources into dist/ from scratch, so that no deleted file lives on there: the SIMD kernels and TypeScript, side by side,
// then the bundle.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";

async function compile(program, ...args) {
  const [status] = await once(
    spawn(process.execPath, [`node_modules/${program}`, ...args], { stdio: "inherit" }),
    "close",
  );
  if (status !== 0) process.exit(status ?? 1);
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
const options = "-O3 --noAssert --runtime stub --enable simd --initialMemory 2 --use abort=";
const kernels = ["row-kernel", "pixel-kernel", "betting-walk"].map((kernel) =>
  compile("assemblyscript/bin/asc.js", `assembly/${kernel}.ts`, "-o", `dist/${kernel}.wasm`, ...options.split(" ")),
);
await Promise.all([...kernels, compile("typescript/bin/tsc", "-p", "tsconfig.json")]);
await import("./bundle.js");
chmodSync("dist/bin/eexit.js", 0o755);
