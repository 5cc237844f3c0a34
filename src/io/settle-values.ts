import { EexitError } from "../errors.ts";
import type { RowBlock } from "../kernels/exit-scorer.ts";
import { probabilityRows } from "../kernels/looks-like-probabilities.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import type { LogitView } from "./logit-view.ts";

/**
 * Logits or probabilities? Said by the user or by the array's name, else told from the first block: when all its rows are
 * non-negative and sum to 1 ± 0.01 they are probabilities. A first block of which half or more looks so is refused as a
 * mixture; below that, logits of few classes that happen to sum to 1 are not. Later rows and shards must agree.
 *
 * @param block read where it is looked at
 * @param place what to call a row that contradicts, where it is no row of the file
 * @throws values-contradict
 */
export function settleValues(
  block: () => RowBlock,
  firstRow: number,
  view: Pick<LogitView, "name" | "values">,
  request: Pick<InputRequest, "values">,
  facts: InputFacts,
  place?: string,
): "logits" | "probs" {
  const said = view.values ?? (request.values === "auto" ? null : request.values);
  if (said !== null) {
    facts.inputValues = said;
    return said;
  }
  // Logits have no telling property, so beyond the first block of each shard there is nothing to compare.
  if (facts.inputValues === "logits" && firstRow > 0) return "logits";
  const { count, total, firstOther } = probabilityRows(block());
  const expected = facts.inputValues;
  const found = count === total ? "probs" : "logits";
  const mixed = found === "logits" && count >= total / 2 && expected !== "logits";
  if (mixed || (expected !== null && expected !== found))
    throw contradiction(view.name, place ?? `row ${firstRow + firstOther}`, firstRow, firstOther, expected);
  if (expected === null && found === "probs") {
    facts.notes.push(
      `${view.name}: rows are non-negative and sum to 1: read as probabilities (--values logits overrides)`,
    );
  }
  facts.inputValues = found;
  return found;
}

function contradiction(
  name: string,
  place: string,
  firstRow: number,
  firstOther: number,
  expected: "logits" | "probs" | null,
): EexitError {
  const found =
    firstOther < 0
      ? `the rows from ${firstRow} on look like probabilities`
      : `${place} holds negative values or does not sum to 1`;
  const before = expected === "logits" ? "the inputs before hold logits" : "the rows before look like probabilities";
  return new EexitError(
    "values-contradict",
    `${name}: ${found}, but ${before}`,
    "say which with --values logits or --values probs",
  );
}
