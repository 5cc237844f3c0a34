/** A file and the arrays that it holds, uninterpreted; as the inspect JSON lists it. */
export interface InspectedFile {
  readonly name: string;
  readonly format: string;
  /** Record batches of an Arrow file, 1 elsewhere. */
  readonly partCount: number;
  /** The name is "" for a bare array. */
  readonly arrays: readonly { readonly name: string; readonly type: string; readonly shape: readonly number[] }[];
}
