import { type GamesKernel, SimdEnvelopeGames } from "../stats/simd-envelope-games.ts";
import { instantiated } from "./wasm-kernel.ts";

/** Envelope games on the SIMD kernel, or null where there is none: the plain ones give the same answers more slowly. */
export function simdGames(): SimdEnvelopeGames | null {
  const kernel = instantiated<GamesKernel>("envelope-games.wasm");
  return kernel && new SimdEnvelopeGames(kernel);
}
