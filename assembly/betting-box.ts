import { boxBytes, gameCount } from "./game-fields";
import { boxes, lossesNowOf, lossOf, placeOf, replaced, startOf, touchedOf } from "./walk-ground";

/** The counterpart of src/control/betting-box.ts, of which each game has one: its losses now, and the box that its last proof holds for. */
@unmanaged
export class BettingBox {
  /** Its lowest loss at place 0; the highest is half of `boxBytes` further. */
  private low: usize;
  /** Its losses now. */
  losses: usize;
  /** Places where the box may differ from the losses now. */
  private touched: usize;
  private touchedCount: i32;
  /** Losses behind this place do not matter to the last proof; −1 without one. */
  private reach: i32;
  /** The losses are those before this step. */
  private step: i32;

  /** At the start of a path, where all losses are 0. */
  begin(game: i32): void {
    this.low = boxes + (<usize>game << 3);
    this.losses = lossesNowOf(game);
    this.touched = touchedOf(game);
    this.touchedCount = 0;
    this.reach = -1;
    this.step = 0;
  }

  /** Losses as they are before a step, nothing proven. */
  moveTo(step: i32): void {
    // before the way as well as after it: each may touch every place
    this.close();
    if (step < this.step) this.goBack(step);
    else this.settle(step);
    this.close();
    this.reach = -1;
  }

  /** Whether the last proof holds for the losses after the next step, too. */
  coversNext(): bool {
    if (this.reach < 0) return false;
    const end = startOf(this.step + 1);
    for (let j = startOf(this.step); j < end; j++) {
      const place = placeOf(j);
      if (place > this.reach) continue;
      const at = this.low + <usize>place * boxBytes;
      const loss = lossOf(j);
      if (!(loss >= load<f64>(at) && loss <= load<f64>(at, boxBytes / 2))) return false;
    }
    return true;
  }

  /** The losses become those before a later step; the proof of the box, if there is one, has to hold for them. */
  settle(to: i32): void {
    const end = startOf(to);
    for (let j = startOf(this.step); j < end; j++) {
      const place = placeOf(j);
      const at = this.losses + (<usize>place << 3);
      store<f64>(replaced + (<usize>j << 3), load<f64>(at));
      store<f64>(at, lossOf(j));
      this.touch(place);
    }
    this.step = to;
  }

  private goBack(to: i32): void {
    const end = startOf(to);
    for (let j = startOf(this.step) - 1; j >= end; j--) {
      const place = placeOf(j);
      store<f64>(this.losses + (<usize>place << 3), load<f64>(replaced + (<usize>j << 3)));
      this.touch(place);
    }
    this.step = to;
  }

  /** The box becomes the losses that the steps up to `to` go through, to be proven. */
  open(to: i32): void {
    this.close();
    const end = startOf(to);
    for (let j = startOf(this.step); j < end; j++) {
      const place = placeOf(j);
      const at = this.low + <usize>place * boxBytes;
      const loss = lossOf(j);
      if (loss < load<f64>(at)) store<f64>(at, loss);
      if (loss > load<f64>(at, boxBytes / 2)) store<f64>(at, loss, boxBytes / 2);
      this.touch(place);
    }
  }

  /** The open box was proven by a game that reached its goal at `reach`; the losses become those at its end. */
  proven(reach: i32, to: i32): void {
    this.touchedCount = 0;
    this.settle(to);
    this.reach = reach;
  }

  /** The box becomes the losses now, which whatever proved them before still proves. */
  close(): void {
    const end = this.touched + (<usize>this.touchedCount << 2);
    for (let t = this.touched; t < end; t += 4) {
      const place = load<i32>(t);
      const loss = load<f64>(this.losses + (<usize>place << 3));
      const at = this.low + <usize>place * boxBytes;
      store<f64>(at, loss);
      store<f64>(at, loss, boxBytes / 2);
    }
    this.touchedCount = 0;
  }

  @inline
  private touch(place: i32): void {
    store<i32>(this.touched + (<usize>this.touchedCount << 2), place);
    this.touchedCount++;
  }
}

/** Room for one. */
const bytesOfBox: i32 = 32;
const all = memory.data(gameCount * bytesOfBox, 16);

/** The box of a game. */
@inline
export function boxOf(game: i32): BettingBox {
  return changetype<BettingBox>(all + <usize>(game * bytesOfBox));
}
