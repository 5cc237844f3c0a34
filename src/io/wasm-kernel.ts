import { readFileSync } from "node:fs";
import { builtFile } from "./built-file.ts";

/** The parts of the WebAssembly interface that are used; Node's types leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Compiled kernels by file; null where one cannot be had. */
const modules = new Map<string, object | null>();

/**
 * A new instance of a SIMD kernel, or null: where the machine or the engine has no SIMD, where the kernel was not built, and where
 * `EEXIT_SIMD=0` asks for the plain twins.
 *
 * @param file its path in dist/
 */
export function instantiated<Kernel>(file: string): Kernel | null {
  const module = compiledModule(file);
  return module && (new WebAssembly.Instance(module).exports as Kernel);
}

/** The kernel before it has a memory, which threads can share; null as `instantiated`. */
export function compiledModule(file: string): object | null {
  let module = modules.get(file);
  if (module === undefined) modules.set(file, (module = compiled(file)));
  return module;
}

/** To be used for a kernel: what another thread has compiled. */
export function useModule(file: string, module: object | null): void {
  modules.set(file, module);
}

function compiled(file: string): object | null {
  const path = process.env.EEXIT_SIMD === "0" ? null : builtFile(file);
  if (path === null) return null;
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch {
    return null;
  }
}
