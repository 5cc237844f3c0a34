import { type RowKernel, SimdScorer } from "../kernels/simd-scorer.ts";
import { instantiated } from "./wasm-kernel.ts";

/** The kernel's path in dist/. */
export const rowKernel = "row-kernel.wasm";

/** A scorer on the SIMD kernel for logits, or null where there is none: the plain one gives the same bits more slowly. */
export function simdScorer(classCount: number): SimdScorer | null {
  const kernel = instantiated<RowKernel>(rowKernel);
  return kernel && new SimdScorer(kernel, classCount);
}
