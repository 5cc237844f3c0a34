import type { LossSteps } from "../exits/loss-steps.ts";
import type { EnvelopeGames } from "../stats/envelope-games.ts";

const noSteps: LossSteps = {
  sampleCount: 0,
  stepCount: 0,
  pieceCount: 0,
  pieces: new Uint32Array(0),
  starts: new Uint32Array(1),
  places: new Uint32Array(0),
  losses: new Float64Array(0),
};

/**
 * The losses of one walk as they are now, and the box of losses around them that the last proof holds for: the box that one
 * of the games side by side plays against.
 *
 * A proof is a game that reached its goal at some place: it holds for all losses inside the box up to that place, whatever
 * comes after. So steps that stay inside need no test at all.
 */
export class BettingBox {
  readonly #game: number;
  #steps: LossSteps = noSteps;
  /** Of all `#count` games: the lowest loss at a place is at `2 * place * #count + #game`, the highest `#count` further. */
  #boxes: Float64Array = new Float64Array(0);
  #count = 0;
  #losses = new Float64Array(0);
  /** The loss that each change of a step replaced, as far as steps were settled: `[places.length]`. */
  #replaced = new Float64Array(0);
  /** Places where the box may differ from the losses now. */
  #touched = new Uint32Array(0);
  #touchedCount = 0;
  /** Losses behind this place do not matter to the last proof; −1 without one. */
  #reach = -1;
  /** The losses are those before this step. */
  #step = 0;

  /** @param game whose box this is */
  constructor(game: number) {
    this.#game = game;
  }

  /** Another path, at its start, and the games side by side, which have begun and whose boxes are empty: all losses are 0. */
  begin(steps: LossSteps, { boxes, count }: EnvelopeGames): void {
    this.#steps = steps;
    this.#boxes = boxes;
    this.#count = count;
    if (this.#losses.length !== steps.sampleCount) this.#losses = new Float64Array(steps.sampleCount);
    if (this.#touched.length < steps.places.length) {
      this.#touched = new Uint32Array(steps.places.length);
      this.#replaced = new Float64Array(steps.places.length);
    }
    this.#losses.fill(0);
    this.#touchedCount = 0;
    this.#step = 0;
  }

  /** Losses now, in the order that bets are placed; `[sampleCount]`. */
  get losses(): Float64Array {
    return this.#losses;
  }

  /** Losses as they are before a step, nothing proven. */
  moveTo(step: number): void {
    // before the way as well as after it: each may touch every place
    this.close();
    if (step < this.#step) this.#goBack(step);
    else this.settle(step);
    this.close();
    this.#reach = -1;
  }

  /** Whether the last proof holds for the losses after the next step, too. */
  coversNext(): boolean {
    if (this.#reach < 0) return false;
    const { starts, places, losses } = this.#steps;
    const end = starts[this.#step + 1];
    for (let j = starts[this.#step]; j < end; j++) {
      const place = places[j];
      if (place > this.#reach) continue;
      const at = 2 * place * this.#count + this.#game;
      if (!(losses[j] >= this.#boxes[at] && losses[j] <= this.#boxes[at + this.#count])) return false;
    }
    return true;
  }

  /** The losses become those before a later step; the proof of the box, if there is one, has to hold for them. */
  settle(to: number): void {
    const { starts, places, losses } = this.#steps;
    const end = starts[to];
    for (let j = starts[this.#step]; j < end; j++) {
      const place = places[j];
      this.#replaced[j] = this.#losses[place];
      this.#losses[place] = losses[j];
      this.#touched[this.#touchedCount++] = place;
    }
    this.#step = to;
  }

  #goBack(to: number): void {
    const { starts, places } = this.#steps;
    for (let j = starts[this.#step] - 1; j >= starts[to]; j--) {
      this.#losses[places[j]] = this.#replaced[j];
      this.#touched[this.#touchedCount++] = places[j];
    }
    this.#step = to;
  }

  /** The box becomes the losses that the steps up to `to` go through, to be proven. */
  open(to: number): void {
    const { starts, places, losses } = this.#steps;
    this.close();
    const end = starts[to];
    for (let j = starts[this.#step]; j < end; j++) {
      const place = places[j];
      const at = 2 * place * this.#count + this.#game;
      if (losses[j] < this.#boxes[at]) this.#boxes[at] = losses[j];
      if (losses[j] > this.#boxes[at + this.#count]) this.#boxes[at + this.#count] = losses[j];
      this.#touched[this.#touchedCount++] = place;
    }
  }

  /** The open box was proven by a game that reached its goal at `reach`; the losses become those at its end. */
  proven(reach: number, to: number): void {
    this.#touchedCount = 0;
    this.settle(to);
    this.#reach = reach;
  }

  /** The box becomes the losses now, which whatever proved them before still proves. */
  close(): void {
    for (let t = 0; t < this.#touchedCount; t++) this.#close(this.#touched[t]);
    this.#touchedCount = 0;
  }

  #close(place: number): void {
    const at = 2 * place * this.#count + this.#game;
    this.#boxes[at] = this.#boxes[at + this.#count] = this.#losses[place];
  }
}
