import type { CostsFor } from "../src/io/costs.ts";

export interface CostFlags {
  costs?: string;
  costUnit?: string;
}

/** The costs that `--costs` gives, or null without it; what reads them is loaded with them. */
export async function givenCosts(
  { costs, costUnit }: CostFlags,
  readStdin: () => Promise<Uint8Array>,
): Promise<CostsFor | null> {
  if (costs === undefined) return null;
  const { readCosts } = await import("../src/io/costs.ts");
  return readCosts(costs, costUnit ?? null, readStdin);
}
