import type { Caution, Method } from "./types.ts";

/** What a reader of risk-level curves must know, whatever they show. */
export function sweepCautions(
  methods: readonly Method[],
  epsilons: readonly number[],
  source: "exits" | "loss-table",
): readonly Caution[] {
  const where = source === "exits" ? "beyond one early exit" : "on a loss table";
  const cautions: Caution[] = [];
  if (epsilons.length > 1) {
    cautions.push({
      code: "pointwise",
      message: "guarantees hold for each ε by itself; picking one after looking at the curve is a new selection",
    });
  }
  if (methods.some(({ name }) => name === "naive")) {
    cautions.push({
      code: "no-guarantee",
      message: "naive promises nothing: it exceeds ε in about half of all calibrations",
    });
  }
  if (methods.some(({ name }) => name === "crc")) {
    cautions.push({
      code: "expectation-only",
      message: `crc aims at the average over calibrations; single ones exceed ε often, and ${where} only crc:monotone is proven`,
    });
  }
  return cautions;
}
