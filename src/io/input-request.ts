import type { IouClasses } from "../kernels/class-overlap.ts";

/** How the inputs of a command are to be understood: the parsed options of CLI §2. Nothing here is a statistic. */
export interface InputRequest {
  /** Files, quoted globs or "-", concatenated along the samples. */
  readonly inputs: readonly string[];
  readonly labels: readonly string[];
  readonly labelColumn: string | null;
  readonly ignoreLabels: readonly number[];
  /** Null: n-l-c, unless the format has its own convention. */
  readonly layout: Layout | null;
  readonly values: "auto" | "logits" | "probs";
  /** Names of one array (or file) per exit. */
  readonly exits: readonly string[] | null;
  readonly part: "val" | "test" | null;
  /** Classes of a mean IoU; present ones by default. */
  readonly iou?: IouClasses;
  /** Measures, columns or `name=file:<npy>`; "default" is top1 (or a table's only column). */
  readonly confidences: readonly string[] | "default" | "all";
  readonly risks: readonly string[] | "default" | "all";
  /** Whether Brier scores per exit are wanted beside the risks, where labels allow. */
  readonly brier?: boolean;
  /** Declared range of custom losses and loss tables. */
  readonly lossRange: readonly [number, number] | null;
  /** Custom losses and loss tables are declared 0/1. */
  readonly binary: boolean;
  readonly lambdas: string | null;
  readonly tableExits: string | null;
  /** A bare loss table holds scores (higher is better). */
  readonly scores: boolean;
  readonly readStdin: () => Promise<Uint8Array>;
  /** Threads that may score the rows of one large file, at least 1; the answer is the same for any number. */
  readonly threads: number;
}

/** What says how the logits of a file are to be read; plain data. */
export type LogitRequest = Pick<InputRequest, "layout" | "values" | "exits" | "part">;

/**
 * `nlc` [sample, exit, class], `lnc` [exit, sample, class], `ncl` [sample, class, exit], each followed by height and width where
 * logits are dense; `nlhwc` [sample, exit, height, width, class].
 */
export type Layout = "nlc" | "lnc" | "ncl" | "nlhwc";

/** What was learnt while reading, for messages and for the threshold file. Filled in as the chunks are read. */
export interface InputFacts {
  inputValues: "logits" | "probs" | null;
  /** Rows left out by `--ignore-label`. */
  ignoredCount: number;
  exitNames: readonly string[] | null;
  /** Costs that travelled with an exit table. */
  costs: { readonly costs: readonly number[]; readonly unit: string } | null;
  /** What dense inputs left out, and how their IoU was meant; absent for one prediction per sample. */
  dense?: DenseFacts;
  /** Labels left out when an exit table was scored. */
  ignoreLabels?: readonly number[];
  /** Sentences for stderr. */
  readonly notes: string[];
}

export interface DenseFacts {
  iou: IouClasses;
  /** Pixels left out by `--ignore-label`. */
  ignoredPixels: number;
  /** Images of which every pixel is left out: their losses against labels count as 0. */
  emptyImages: number;
}
