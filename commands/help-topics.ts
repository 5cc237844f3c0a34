import { errorCatalogue } from "../src/errors.ts";
import { riskCatalogue } from "../src/exits/loss-kinds.ts";
import type { TopicName } from "./topic-names.ts";

/** Pages of `eexit help <topic>`. */
export const helpTopics: Readonly<Record<TopicName, string>> = {
  formats: `Inputs (told from their content; several files, globs and - are concatenated along the samples)

  .npy            logits [N, L, C], float16/32/64; one [N, C] file per exit with --exits a,b,c;
                  dense logits [N, L, C, H, W], or [L, C, H, W] of one image per file
  .npz            logits or probs, labels; exit_1 … exit_L, arr_0 … or --exits a,b,c;
                  loss table: lambdas, losses or scores, exits
  .safetensors    the same keys (f16, bf16, f32, f64)
  Arrow IPC       file or stream, LZ4 and ZSTD bodies: columns exit_1 … exit_L, or logits; label;
                  an exit table of eexit score; a loss table
  pickle, .pth    (logits [L, N, C], targets), (lambdas, exits, scores), (val_pred, val_target,
                  test_pred, test_target) with --part, lists of [N, C], dicts; numpy arrays and
                  torch tensors only, nothing is ever executed
  JSON, CSV       exit table: confidence_1 … L, prediction_1 … L, label, loss:<risk>_1 … L;
                  loss table: lambda, exits, loss_1 … n or score_1 … n
  exit tables     as arrays too: confidence:<name> [N, L], loss:<risk> (relative to the last exit)
                  or absolute:<risk>; or losses.npy with --confidence name=file:confidence.npy

Logits are [sample, exit, class] (--layout nlc); the last exit is the full network. Rows that are
non-negative and sum to 1 are read as probabilities (--values overrides). Labels: NPY, NPZ, Arrow
or text with one integer per line.

Dense logits (segmentation): one file or many, which are streamed image by image; [N, C, H, W] per
exit with --exits; classes last with --layout nlhwc. Labels [N, H, W], in one file or one per input;
pixels of --ignore-label are left out and counted. One confidence per image: a measure's mean over
the pixels (top1@mean; top1 alone means the same), a quantile (entropy@quantile:0.25), or the least
mean of all s × s windows (top-diff@patch:50; @patch:50:0.01 takes the 0.01-quantile of them).

Output: threshold JSON, version 1; its JSON Schema is schema/threshold.schema.json in the package.
`,
  risks: `Risks: losses relative to the full network (exit L), so that 0 means "no worse"

${Object.values(riskCatalogue)
  .map(({ name, symbol, lower, upper, needsLabels, description }) =>
    [
      `  ${name}`,
      `      ${description}`,
      `      paper: ${symbol}; range [${lower}, ${upper}]; ${needsLabels ? "needs labels" : "no labels needed"}`,
    ].join("\n"),
  )
  .join("\n")}

The last two, brier-gap and brier-consistency are the risks of dense logits (segmentation), where the
sample is the image and losses are averaged over its pixels. A mean IoU is over the classes present
in the labels or in the exit's prediction of the image (--iou all-classes: over all classes, absent
ones as 0, as in the paper's code). Pixels of --ignore-label are left out of every loss against
labels and of brier-consistency; miscoverage and confidences are over all pixels.

--clip controls max(0, loss). Any other loss comes as loss:<name>_1 … L in an exit table or as a
loss table, with its range declared by --loss-range a:b (never estimated) and --binary for 0/1.
Certifying prediction-consistency ≤ ε certifies an accuracy drop ≤ ε without one label.
`,
  methods: `Methods

  naive           the smallest threshold whose empirical risk is at most ε. No guarantee.
  crc             conformal risk control: the risk is at most ε on average over calibrations
                  crc:first-failure (default), crc:monotone (exact for any number of exits),
                  crc:last-pass (as the paper prints it; heuristic)
  ucb, ltt        with probability 1 − δ the risk is at most ε; no monotonicity assumed.
                  ltt is ucb with another bound: testing thresholds from the safest down and
                  stopping at the first failure is the same procedure as inverting an upper bound.
                  ucb:auto (default): cp for losses declared 0/1, star for all others
                  ltt:hb (default)

Bounds of ucb and ltt

  cp              exact binomial (Clopper–Pearson), 0/1 losses only
  hb              Hoeffding–Bentkus on max(0, loss); the paper's choice for ltt
  wsr             betting, Waudby-Smith & Ramdas; the paper's choice for ucb
  star            betting with target-recalculating bets; the default for signed losses

The paper's settings are crc:last-pass, ucb:wsr, ltt:hb (eexit sweep --preset paper).
`,
  "exit-codes": `Exit status

  0    done
  1    the check says no: broken, a failed gate, inconclusive under --strict;
       calibrate --exit-status: nothing certified; verify: not reproduced
  2    could not do the job: bad usage, file or data (two lines on stderr: what and hint)
  3    internal error, a bug (stack under --debug)
  130  interrupted, 143 terminated; a closed pipe ends quietly

Errors by code

${Object.entries(errorCatalogue)
  .map(([code, when]) => `  ${code.padEnd(22)}${when}`)
  .join("\n")}
`,
};
