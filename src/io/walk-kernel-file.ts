import { SimdWalks, type WalkKernel } from "../control/simd-walks.ts";
import { instantiated } from "./wasm-kernel.ts";

/** Walks of betting bounds on the SIMD kernel, or null where there is none: the plain ones give the same answers more slowly. */
export function simdWalks(): SimdWalks | null {
  const kernel = instantiated<WalkKernel>("betting-walk.wasm");
  return kernel && new SimdWalks(kernel);
}
