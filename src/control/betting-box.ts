import type { LossSteps } from "../exits/loss-steps.ts";
import type { PlainEnvelopeGame } from "../stats/plain-envelope-game.ts";

/**
 * The losses of a walk as they are now, and the box of losses around them that the last proof holds for: the box that the game
 * plays against.
 *
 * A proof is a game that reached its goal at some place: it holds for all losses inside the box up to that place, whatever
 * comes after. So steps that stay inside need no test at all.
 */
export class BettingBox {
  readonly #steps: LossSteps;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Losses now, in the order that bets are placed; `[sampleCount]`. */
  readonly losses: Float64Array;
  /** The loss that each change of a step replaced, as far as steps were settled: `[changeCount]`. */
  readonly #replaced: Float64Array;
  /** Places where the box may differ from the losses now. */
  readonly #touched: Uint32Array;
  #touchedCount = 0;
  /** Losses behind this place do not matter to the last proof; −1 without one. */
  #reach = -1;
  /** The losses are those before this step. */
  #step = 0;

  /** At the start of a path, where all losses are 0, as they are in the box of a game that begins. */
  constructor(steps: LossSteps, game: Pick<PlainEnvelopeGame, "low" | "high">) {
    this.#steps = steps;
    this.#low = game.low;
    this.#high = game.high;
    this.losses = new Float64Array(steps.sampleCount);
    this.#replaced = new Float64Array(steps.places.length);
    this.#touched = new Uint32Array(steps.places.length);
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
      if (!(losses[j] >= this.#low[place] && losses[j] <= this.#high[place])) return false;
    }
    return true;
  }

  /** The losses become those before a later step; the proof of the box, if there is one, has to hold for them. */
  settle(to: number): void {
    const { starts, places, losses } = this.#steps;
    const end = starts[to];
    for (let j = starts[this.#step]; j < end; j++) {
      const place = places[j];
      this.#replaced[j] = this.losses[place];
      this.losses[place] = losses[j];
      this.#touched[this.#touchedCount++] = place;
    }
    this.#step = to;
  }

  #goBack(to: number): void {
    const { starts, places } = this.#steps;
    for (let j = starts[this.#step] - 1; j >= starts[to]; j--) {
      this.losses[places[j]] = this.#replaced[j];
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
      if (losses[j] < this.#low[place]) this.#low[place] = losses[j];
      if (losses[j] > this.#high[place]) this.#high[place] = losses[j];
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
    for (let t = 0; t < this.#touchedCount; t++) {
      const place = this.#touched[t];
      this.#low[place] = this.#high[place] = this.losses[place];
    }
    this.#touchedCount = 0;
  }
}
