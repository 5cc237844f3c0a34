import type { RowBlock } from "./exit-scorer.ts";

/** Float16 softmax outputs over 1000 classes miss 1 by a few thousandths. */
const sumSlack = 1e-2;

/** How many of a block's rows (sample × exit) could be probabilities, and the first sample that could not. */
export interface ProbabilityRows {
  readonly count: number;
  readonly total: number;
  /** 0-based within the block; −1 when every row could. */
  readonly firstOther: number;
}

/**
 * Counts the rows that are non-negative and sum to 1 ± 1e-2: published "logits" are sometimes softmaxed already, and a
 * second softmax would cap every confidence at e/(e + C − 1). A row of logits is left at its first negative value.
 */
export function probabilityRows({ values, rowCount, exitCount, classCount }: RowBlock): ProbabilityRows {
  const total = rowCount * exitCount;
  let count = 0;
  let firstOther = -1;
  for (let row = 0; row < total; row++) {
    if (isDistribution(values, row * classCount, classCount)) count++;
    else if (firstOther < 0) firstOther = Math.floor(row / exitCount);
  }
  return { count, total, firstOther };
}

/** Whether every row of the block could be probabilities. A block without rows does not look like anything. */
export function looksLikeProbabilities(block: RowBlock): boolean {
  const { count, total } = probabilityRows(block);
  return total > 0 && count === total;
}

function isDistribution(values: RowBlock["values"], base: number, classCount: number): boolean {
  let sum = 0;
  for (let i = base; i < base + classCount; i++) {
    if (!(values[i] >= 0)) return false;
    sum += values[i];
  }
  return Math.abs(sum - 1) <= sumSlack;
}
