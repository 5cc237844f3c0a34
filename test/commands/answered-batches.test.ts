import { describe, expect, it } from "vitest";
import { OrderedAnswers } from "../../commands/ordered-answers.ts";
import { seededRandom } from "../../src/stats/random.ts";

/** What is put in for a sample: three numbers that tell it from all others. */
const answerOf = (sample: number) => [sample % 7, 1 + (sample % 4), Math.fround(sample / 10_000)] as const;

function put(answers: OrderedAnswers, sample: number): void {
  answers.put(sample, ...answerOf(sample));
}

/** Everything taken so far, checked against what was put in. */
class Received {
  count = 0;

  take(answers: OrderedAnswers): void {
    const rows = answers.take();
    if (rows === null) return;
    expect(rows.first).toBe(this.count);
    for (const [index, exit] of rows.exits.entries()) {
      const found = [rows.predictions[index], exit, rows.confidences[index]];
      expect(found).toEqual([...answerOf(this.count + index)]);
    }
    this.count += rows.exits.length;
  }
}

describe("answers in input order", () => {
  it("are handed on as soon as the gap before them is closed", () => {
    const answers = new OrderedAnswers();
    expect(answers.take()).toBe(null);
    put(answers, 2);
    put(answers, 1);
    expect([answers.take(), answers.held]).toEqual([null, 3]);
    put(answers, 0);
    expect(answers.take()).toMatchObject({ first: 0, exits: Int32Array.of(1, 2, 3) });
    expect([answers.take(), answers.held]).toEqual([null, 0]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("come out once each, whatever the order they come in (seed %i)", (seed) => {
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(n * random.uniform());
    const total = 1 + below(6000);
    // A window of rows that are on their way: from a few to more than the first capacity of 1024.
    const window = 1 + below([5, 200, 3000][seed % 3]);
    const answers = new OrderedAnswers();
    const received = new Received();
    const onTheirWay: number[] = [];
    let next = 0;
    while (next < total || onTheirWay.length > 0) {
      while (next < total && onTheirWay.length < window) onTheirWay.push(next++);
      const [sample] = onTheirWay.splice(below(onTheirWay.length), 1);
      put(answers, sample);
      if (random.uniform() < 0.2) received.take(answers);
    }
    received.take(answers);
    expect(received.count).toBe(total);
    expect([answers.take(), answers.held]).toEqual([null, 0]);
  });

  it("wait for the slowest row, however many are ahead of it", () => {
    const answers = new OrderedAnswers();
    for (let sample = 5000; sample > 0; sample--) put(answers, sample);
    expect([answers.take(), answers.held]).toEqual([null, 5001]);
    put(answers, 0);
    const received = new Received();
    received.take(answers);
    expect(received.count).toBe(5001);
    // And on from there, without remains of the rows before.
    put(answers, 5002);
    expect(answers.take()).toBe(null);
    put(answers, 5001);
    received.take(answers);
    expect(received.count).toBe(5003);
  });

  it("fill the first capacity exactly", () => {
    const answers = new OrderedAnswers();
    const received = new Received();
    for (let sample = 0; sample < 1024; sample++) put(answers, sample);
    received.take(answers);
    for (let sample = 1024; sample < 2049; sample++) put(answers, sample);
    received.take(answers);
    expect(received.count).toBe(2049);
  });

  it("keep NaN and no prediction", () => {
    const answers = new OrderedAnswers();
    answers.put(0, -1, 3, Number.NaN);
    const rows = answers.take()!;
    expect([rows.predictions[0], rows.exits[0], rows.confidences[0]]).toEqual([-1, 3, Number.NaN]);
  });
});
