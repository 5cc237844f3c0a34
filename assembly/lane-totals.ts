// Float64 totals of four float32 lanes (src/kernels/lane-sums.ts): lanes 0 and 1 in one vector, 2 and 3 in another.

/** Lanes 0 and 1 as float64. */
@inline
export function lowerLanes(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 as float64. */
@inline
export function upperLanes(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0));
}

/** (lane 0 + lane 1) + (lane 2 + lane 3) */
@inline
export function joined(lower: v128, upper: v128): f64 {
  return (
    f64x2.extract_lane(lower, 0) + f64x2.extract_lane(lower, 1) + (f64x2.extract_lane(upper, 0) + f64x2.extract_lane(upper, 1))
  );
}
