import type { PixelScorerMaker } from "../kernels/pixel-scorer.ts";
import { PlainPixelScorer } from "../kernels/plain-pixel-scorer.ts";
import { type PixelKernel, SimdPixelScorer } from "../kernels/simd-pixel-scorer.ts";
import { instantiated } from "./wasm-kernel.ts";

/** A scorer of pixels: for logits on the SIMD kernel where there is one, else the plain one, which gives the same bits more slowly. */
export const pixelScorer: PixelScorerMaker = (request) => {
  const kernel = request.values === "logits" ? instantiated<PixelKernel>("pixel-kernel.wasm") : null;
  return kernel === null ? new PlainPixelScorer(request) : new SimdPixelScorer(kernel, request);
};
