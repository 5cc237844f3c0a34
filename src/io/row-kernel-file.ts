import { readFileSync } from "node:fs";
import { type RowKernel, SimdScorer } from "../kernels/simd-scorer.ts";
import { builtFile } from "./built-file.ts";

/** The parts of the WebAssembly interface that are used; Node's types leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The compiled kernel: undefined before it was looked for, null where it cannot be had. */
let module: object | null | undefined;

/**
 * A scorer on the SIMD kernel, or null: where the machine or the engine has no SIMD, where the kernel was not built, and where
 * `EEXIT_SIMD=0` asks for the plain one, which gives the same bits more slowly.
 */
export function simdScorer(classCount: number): SimdScorer | null {
  if (module === undefined) module = compiled();
  if (module === null) return null;
  return new SimdScorer(new WebAssembly.Instance(module).exports as RowKernel, classCount);
}

function compiled(): object | null {
  const path = process.env.EEXIT_SIMD === "0" ? null : builtFile("row-kernel.wasm");
  if (path === null) return null;
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch {
    return null;
  }
}
