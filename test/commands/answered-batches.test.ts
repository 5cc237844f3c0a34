import { describe, expect, it } from "vitest";
import { type AnsweredBatch, AnsweredBatches } from "../../commands/answered-batches.ts";
import { AnswersInOrder } from "../../commands/answers-in-order.ts";
import { ShareWindow } from "../../commands/share-window.ts";
import { seededRandom } from "../../src/stats/random.ts";

/** What is put in for a sample: three numbers that tell it from all others. */
const answerOf = (sample: number) => [sample % 7, 1 + (sample % 4), Math.fround(sample / 10_000)] as const;

function put(answers: AnsweredBatches, sample: number): void {
  answers.put(sample, ...answerOf(sample));
}

function rowsOf({ first, predictions, exits, confidences }: AnsweredBatch) {
  return Array.from(exits, (exit, row) => [first + row, predictions[row], exit, confidences[row]]);
}

describe("answered batches", () => {
  it("come out when their last row is answered, other batches before them or not", () => {
    const answers = new AnsweredBatches();
    expect([answers.take(), answers.span]).toEqual([[], 0]);
    answers.open(4, 12, 3);
    answers.open(6, 18, 2);
    for (const sample of [13, 19, 18]) put(answers, sample);
    expect(answers.take().map(({ number, first }) => [number, first])).toEqual([[6, 18]]);
    expect(answers.span).toBe(2);
    put(answers, 14);
    put(answers, 12);
    const [batch, ...others] = answers.take();
    expect(others).toEqual([]);
    expect(rowsOf(batch)).toEqual([12, 13, 14].map((sample) => [sample, ...answerOf(sample)]));
    expect([answers.take(), answers.span]).toEqual([[], 0]);
  });

  it("keep NaN and no prediction", () => {
    const answers = new AnsweredBatches();
    answers.open(0, 0, 1);
    answers.put(0, -1, 3, Number.NaN);
    expect(rowsOf(answers.take()[0])).toEqual([[0, -1, 3, Number.NaN]]);
  });

  it.each([1, 2, 3, 4, 5, 6])("come out once each, whatever the order of their rows (seed %i)", (seed) => {
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(n * random.uniform());
    const answers = new AnsweredBatches();
    const onTheirWay: number[] = [];
    const out = new Map<number, AnsweredBatch>();
    let [first, number] = [0, 0];
    while (number < 200 || onTheirWay.length > 0) {
      if (number < 200 && random.uniform() < 0.1) {
        const size = 1 + below(9);
        answers.open(number++, first, size);
        for (let row = 0; row < size; row++) onTheirWay.push(first++);
      }
      if (onTheirWay.length > 0) put(answers, onTheirWay.splice(below(Math.min(onTheirWay.length, 50)), 1)[0]);
      for (const batch of answers.take()) {
        expect(out.has(batch.number)).toBe(false);
        out.set(batch.number, batch);
      }
    }
    const rows = Array.from({ length: 200 }, (_, index) => rowsOf(out.get(index)!)).flat();
    expect(rows).toEqual(Array.from({ length: first }, (_, sample) => [sample, ...answerOf(sample)]));
  });
});

/** A batch of one row. */
function batchOf(number: number): AnsweredBatch {
  const [prediction, exit, confidence] = answerOf(number);
  return {
    number,
    first: number,
    predictions: Int32Array.of(prediction),
    exits: Int32Array.of(exit),
    confidences: Float32Array.of(confidence),
  };
}

/** A sink that is as slow as it is told, and what it was given. */
function slowSink() {
  const taken: number[] = [];
  let resume = () => {};
  let slow = false;
  return {
    taken,
    stall: () => (slow = true),
    go() {
      slow = false;
      resume();
    },
    sink: {
      async append({ first }: { first: number }) {
        if (slow) await new Promise<void>((resolve) => (resume = resolve));
        taken.push(first);
      },
      finish: () => Promise.resolve(),
      abort() {},
    },
  };
}

describe("answers in order", () => {
  it("wait for the batch before them, and for the reader", async () => {
    const { sink, taken, stall, go } = slowSink();
    const answers = new AnswersInOrder(sink, () => {});
    await answers.put([batchOf(2), batchOf(1)]);
    expect([taken, answers.next, answers.isStuck]).toEqual([[], 0, true]);
    stall();
    const handedOn = answers.put([batchOf(0)]);
    await Promise.resolve();
    expect([taken, answers.next, answers.isStuck]).toEqual([[], 0, false]);
    go();
    await handedOn;
    expect([taken, answers.next, answers.isStuck]).toEqual([[0, 1, 2], 3, true]);
  });

  it("reject when the reader fails", async () => {
    const sink = { append: () => Promise.reject(new Error("full")), finish: () => Promise.resolve(), abort() {} };
    await expect(new AnswersInOrder(sink, () => {}).put([batchOf(0)])).rejects.toThrow("full");
  });
});

describe("the window of processes that share batches", () => {
  const opened = (processCount: number, batchCount: number) => {
    const { sink } = slowSink();
    const answers = new AnswersInOrder(sink, () => {});
    const grants: number[] = [];
    const window = new ShareWindow(answers, processCount, batchCount, (until) => grants.push(until));
    return { answers, grants, window };
  };

  it("lets nobody run ahead of the answers without end, and everybody on when they move", async () => {
    const { answers, grants, window } = opened(2, 10_000);
    window.check();
    const [ahead] = grants;
    expect(ahead).toBeLessThan(2000);
    await window.pass(ahead - 1);
    let passed = false;
    const waiting = window.pass(ahead).then(() => (passed = true));
    await answers.put(Array.from({ length: 100 }, (_, number) => batchOf(number)));
    window.check();
    expect([passed, grants.length]).toEqual([false, 1]);
    await answers.put(Array.from({ length: 100 }, (_, number) => batchOf(100 + number)));
    window.check();
    await waiting;
    expect(grants).toEqual([ahead, ahead + 200]);
    window.close();
    await expect(window.pass(ahead + 1000)).rejects.toThrow("ended");
  });

  it("ends with the last answer", async () => {
    const { answers, window } = opened(3, 5);
    await answers.put([0, 1, 2, 3, 4].map(batchOf));
    window.check();
    await window.finished;
  });

  it("ends with the error of the process whose batch is the first that is missing, whichever came first", async () => {
    const { answers, window } = opened(3, 100);
    window.stop(2, new Error("later"));
    let ended = "";
    window.finished.catch(({ message }: Error) => (ended = message));
    await answers.put([batchOf(0)]);
    window.check();
    await Promise.resolve();
    expect(ended).toBe("");
    window.stop(1, new Error("first"));
    await expect(window.finished).rejects.toThrow("first");
  });
});
