/**
 * Something the user can mend: bad usage, a bad file, bad data. Shown as two lines,
 * `eexit: <what>: <found>, <expected>` and `hint: …`, never with a stack; exit status 2.
 *
 * The message is lower case without a full stop and names the thing, what was found and what was
 * expected; the hint names the flag or command that helps. `code` is the entry of the error
 * catalogue (docs/errors.md): every code is provoked by a test.
 *
 * Both texts quote names out of files. Whatever stands there, they stay one line each without control characters (a name
 * could hold terminal escapes) and of bounded length.
 */
export class EexitError extends Error {
  override readonly name = "EexitError";

  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, hint: string | null = null) {
    super(oneLine(message));
    this.code = code;
    this.hint = hint === null ? null : oneLine(hint);
  }
}

/** An error on its way from a thread or a child process, which carries no classes: what the user can mend, or a bug's stack. */
export type SentError =
  | { readonly refused: { readonly code: ErrorCode; readonly message: string; readonly hint: string | null } }
  | { readonly failed: string };

/** To be sent instead of an answer. */
export function sentError(error: unknown): SentError {
  if (!(error instanceof EexitError))
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { code, message, hint } = error;
  return { refused: { code, message, hint } };
}

/** The error that a message brings, or null for an answer. */
export function receivedError(message: object): Error | null {
  if ("failed" in message) return new Error((message as Extract<SentError, { failed: unknown }>).failed);
  if (!("refused" in message)) return null;
  const { code, message: text, hint } = (message as Extract<SentError, { refused: unknown }>).refused;
  return new EexitError(code, text, hint);
}

const longestLine = 1000;

function oneLine(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
  return shown.length > longestLine ? `${shown.slice(0, longestLine - 1)}…` : shown;
}

/** The error catalogue: code → when it happens. One line each; `docs/errors.md` is checked against it. */
export const errorCatalogue = {
  "bad-usage": "an option, argument or choice is wrong or missing",
  "bad-number": "a number is malformed or outside its range",
  "file-missing": "an input file does not exist or a glob matches nothing",
  "file-unreadable": "an input file exists but cannot be read",
  "file-exists": "an output would overwrite a file that no option names",
  "format-unknown": "the first bytes of a file match no known format",
  "format-not-read": "a known format that is not read (Parquet, HDF5, legacy .pth …)",
  "file-truncated": "a file ends before its header says it does",
  "file-malformed": "a file's bytes contradict its format",
  "header-too-large": "a header claims more than the file can hold",
  "zip-bomb": "a compressed entry grows beyond its declared size or the allowed ratio",
  "pickle-refused": "a pickle names a global outside the array constructors",
  "type-unsupported": "an array has an element type that cannot be used here",
  "array-missing": "a file has none of the arrays that the command needs",
  "shape-mismatch": "shapes of inputs do not fit together",
  "layout-suspect": "the shape looks like another layout",
  "too-few-exits": "fewer than two exits, two classes or one sample",
  "labels-mismatch": "labels and samples differ in number",
  "label-invalid": "a label is not a class index",
  "labels-needed": "the risk needs labels and none were given",
  "value-not-finite": "a logit, loss or confidence is NaN or infinite",
  "values-contradict": "rows disagree on being logits or probabilities",
  "loss-out-of-range": "a loss lies outside its declared range",
  "epsilon-out-of-range": "ε is not strictly between 0 and the loss bound",
  "bound-needs-binary": "the exact binomial bound was asked for losses that are not 0/1",
  "confidence-unknown": "a confidence measure or column does not exist in the input",
  "risk-unknown": "a risk does not exist or cannot be computed from the input",
  "grid-invalid": "a grid is malformed or unusable for this confidence",
  "costs-invalid": "costs are not cumulative or do not match the exits",
  "table-invalid": "a loss table is malformed (λ not monotone, shapes differ)",
  "threshold-invalid": "a threshold file does not follow the schema",
  "answer-invalid": "a saved answer (sweep, check, bench or inspect JSON) does not follow its format",
  "version-unsupported": "a file was written by a later version",
  "key-invalid": "a key for signatures is not ed25519, encrypted, or the wrong half of the pair",
  "calibration-reused": "the fresh rows were used for calibration",
  "baseline-mismatch": "the baseline cannot be compared row by row",
  "output-failed": "an output file cannot be written",
  "model-invalid": "a file is no ONNX model that can be used",
  "model-too-large": "a model or its weights exceed 2 GiB",
  "model-failed": "a model fails while it runs",
  "model-input": "an input of a model is missing, has another type or another shape",
  "exits-unclear": "which outputs of a model are exits cannot be told, or a named one does not exist",
  "exits-not-nested": "an exit needs nothing beyond the exits before it",
  "batch-axis": "a model's batch axis is fixed or not the first",
  "boundary-uncarried": "a tensor between two stages has no row per sample",
  "stages-differ": "staged or baked answers differ from the whole model's",
  "manifest-invalid": "a folder of stages has no valid manifest, or its files have changed",
  "bake-unsupported": "a confidence or operator set that cannot be written into a graph",
  "runtime-missing": "onnxruntime-node cannot be loaded",
  "not-supported-yet": "the contract names it, a later release brings it",
} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;
