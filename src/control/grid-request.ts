/** The thresholds to test, as asked for. `values` are descending. */
export type GridRequest =
  | { readonly kind: "auto" }
  | { readonly kind: "exact" }
  | { readonly kind: "steps"; readonly count: number }
  | { readonly kind: "values"; readonly values: Float64Array; readonly text: string };
