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
  /** Measures, columns or `name=file:<npy>`; "default" is top1 (or a table's only column). */
  readonly confidences: readonly string[] | "default" | "all";
  readonly risks: readonly string[] | "default" | "all";
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

/** `nlc` [sample, exit, class], `lnc` [exit, sample, class], `ncl` [sample, class, exit]. */
export type Layout = "nlc" | "lnc" | "ncl";

/** What was learnt while reading, for messages and for the threshold file. Filled in as the chunks are read. */
export interface InputFacts {
  inputValues: "logits" | "probs" | null;
  /** Rows left out by `--ignore-label`. */
  ignoredCount: number;
  exitNames: readonly string[] | null;
  /** Costs that travelled with an exit table. */
  costs: { readonly costs: readonly number[]; readonly unit: string } | null;
  /** Sentences for stderr. */
  readonly notes: string[];
}
