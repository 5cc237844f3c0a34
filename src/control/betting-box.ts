import type { LossSteps } from "../exits/loss-steps.ts";
import type { Envelope } from "../stats/betting-envelope.ts";

/**
 * The losses of a walk as they are now, and the box of losses around them that the last proof holds for.
 *
 * A proof is a game that reached its goal at some place: it holds for all losses inside the box up to that place, whatever
 * comes after. So steps that stay inside need no test at all.
 */
export class BettingBox {
  /** Losses now, in the order that bets are placed. */
  readonly losses: Float64Array;
  readonly #steps: LossSteps;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Places where the box may differ from the losses now. */
  readonly #touched: Uint32Array;
  #touchedCount = 0;
  /** Losses behind this place do not matter to the last proof; −1 without one. */
  #reach = -1;
  #firstDirty = 0;

  constructor(steps: LossSteps) {
    const { sampleCount, places } = steps;
    this.#steps = steps;
    this.losses = new Float64Array(sampleCount);
    this.#low = new Float64Array(sampleCount);
    this.#high = new Float64Array(sampleCount);
    this.#touched = new Uint32Array(places.length);
  }

  /** Smallest place whose loss changed since the last replay. */
  get firstDirty(): number {
    return this.#firstDirty;
  }

  /** Losses as they are before a step, nothing proven. */
  restart(step: number): void {
    const { starts, places, losses } = this.#steps;
    this.losses.fill(0);
    for (let j = 0; j < starts[step]; j++) this.losses[places[j]] = losses[j];
    this.#low.set(this.losses);
    this.#high.set(this.losses);
    this.#touchedCount = 0;
    this.#reach = -1;
    this.#firstDirty = 0;
  }

  /** Whether the last proof holds for the losses after a step, too. */
  covers(step: number): boolean {
    if (this.#reach < 0) return false;
    const { starts, places, losses } = this.#steps;
    for (let j = starts[step]; j < starts[step + 1]; j++) {
      const place = places[j];
      if (place <= this.#reach && !(losses[j] >= this.#low[place] && losses[j] <= this.#high[place])) return false;
    }
    return true;
  }

  /** The losses become those after a step. */
  settle(step: number): void {
    const { starts, places, losses } = this.#steps;
    for (let j = starts[step]; j < starts[step + 1]; j++) {
      const place = places[j];
      this.losses[place] = losses[j];
      this.#touched[this.#touchedCount++] = place;
      if (place < this.#firstDirty) this.#firstDirty = place;
    }
  }

  /** The losses now were certified by a game that reached its goal at `crossing`. */
  replayed(crossing: number): void {
    this.#shrink();
    this.#reach = crossing;
    this.#firstDirty = this.losses.length;
  }

  /** Tries to prove steps `from` … `to − 1` at once; the losses become those after them if that succeeds. */
  proves(envelope: Envelope, from: number, to: number): boolean {
    const { starts, places, losses } = this.#steps;
    this.#shrink();
    for (let j = starts[from]; j < starts[to]; j++) {
      const place = places[j];
      if (losses[j] < this.#low[place]) this.#low[place] = losses[j];
      if (losses[j] > this.#high[place]) this.#high[place] = losses[j];
      this.#touched[this.#touchedCount++] = place;
    }
    const reach = envelope.certifiedBy(this.#low, this.#high);
    if (reach < 0) {
      // The losses now are still proven, by whatever proved them before.
      this.#shrink();
      return false;
    }
    this.#touchedCount = 0;
    for (let step = from; step < to; step++) this.settle(step);
    this.#reach = reach;
    return true;
  }

  /** The box becomes the losses now. */
  #shrink(): void {
    for (let t = 0; t < this.#touchedCount; t++) {
      const place = this.#touched[t];
      this.#low[place] = this.#high[place] = this.losses[place];
    }
    this.#touchedCount = 0;
  }
}
