import { requireBetween, requireProbability } from "./domain.ts";
import { starConstants } from "./star.ts";

/** What a resumable test watches. */
export interface BettingTask {
  /** `[sampleCount]`, shuffled; the caller changes entries between calls and says where the first change lies. */
  readonly losses: Float64Array;
  /** In (0, lossBound). */
  readonly epsilon: number;
  /** In (0, 1). */
  readonly delta: number;
  /** Declared bound B. */
  readonly lossBound: number;
}

export interface ResumableTest {
  /**
   * Is "mean loss ≤ ε" certified for the losses as they are now?
   *
   * @param firstChanged smallest position whose loss may differ from the previous call; 0 plays everything again, the
   *   number of losses or more says that nothing changed
   */
  certified(firstChanged: number): boolean;
  /** Position whose bet reached the goal in the last call, the number of losses if none did; losses behind it do not matter. */
  readonly crossing: number;
}

/**
 * `starLogWealth(…) >= ln(1/δ) − 1e-12` for losses that change a little between calls: the same decisions bit for bit.
 *
 * A sweep changes one loss at a time and asks after each change. The state of the game before every bet is kept, so a
 * call replays from the first change to where the wealth reaches its goal, and a change after that point costs
 * nothing. No memory is allocated per call; 32 bytes per sample are held in all, the losses included.
 *
 * @param states room for the game, taken from an earlier one that is no longer asked
 * @throws RangeError if ε or δ is outside its domain
 */
export function resumableStar(
  { losses, epsilon, delta, lossBound }: BettingTask,
  states: GameStates = gameStates(losses.length),
): ResumableTest {
  requireDomain(epsilon, delta, lossBound);
  const { capShare, priorVariance, priorWeight, goalSlack } = starConstants;
  const n = losses.length;
  const goal = -Math.log(delta);
  const enough = goal - goalSlack;
  const cap = capShare / (lossBound - epsilon);
  begin(states, priorWeight * epsilon, priorWeight * priorVariance);
  return resumable(n, (from) => {
    const { logWealths, sums, squareSums } = states;
    let logWealth = logWealths[from];
    let sum = sums[from];
    let squares = squareSums[from];
    for (let i = from; i < n; i++) {
      const x = losses[i];
      const missing = Math.max(0, goal - logWealth);
      const bet = Math.min(cap, Math.sqrt((2 * missing) / ((n - i) * (squares / (priorWeight + i)))));
      logWealth += Math.log1p(-bet * (x - epsilon));
      if (logWealth >= enough) return i;
      sum += x;
      const gap = x - sum / (priorWeight + i + 1);
      squares += gap * gap;
      logWealths[i + 1] = logWealth;
      sums[i + 1] = sum;
      squareSums[i + 1] = squares;
    }
    return n;
  });
}

/** `wsrLogWealth(…, betCap 1/B) > ln(1/δ)`, resumable in the same way as `resumableStar`. */
export function resumableWsr(
  { losses, epsilon, delta, lossBound }: BettingTask,
  states: GameStates = gameStates(losses.length),
): ResumableTest {
  requireDomain(epsilon, delta, lossBound);
  const n = losses.length;
  const goal = -Math.log(delta);
  const cap = 1 / lossBound;
  begin(states, 0.5, 0.25);
  return resumable(n, (from) => {
    const { logWealths, sums, squareSums } = states;
    let logWealth = logWealths[from];
    let sum = sums[from];
    let squares = squareSums[from];
    for (let i = from; i < n; i++) {
      const x = losses[i];
      const bet = Math.min(cap, Math.sqrt((2 * goal) / (n * (squares / (i + 1)))));
      logWealth += Math.log1p(-bet * (x - epsilon));
      if (logWealth > goal) return i;
      sum += x;
      const gap = x - sum / (i + 2);
      squares += gap * gap;
      logWealths[i + 1] = logWealth;
      sums[i + 1] = sum;
      squareSums[i + 1] = squares;
    }
    return n;
  });
}

function requireDomain(epsilon: number, delta: number, lossBound: number): void {
  requireProbability("delta", delta);
  requireBetween("epsilon", epsilon, 0, lossBound);
}

/** Entry i is the state of the game before bet i, which looks at losses before i only; `[sampleCount + 1]` each. */
export interface GameStates {
  readonly logWealths: Float64Array;
  readonly sums: Float64Array;
  readonly squareSums: Float64Array;
}

/** Room for one game; a later game of as many losses may take it over. */
export function gameStates(sampleCount: number): GameStates {
  const entries = () => new Float64Array(sampleCount + 1);
  return { logWealths: entries(), sums: entries(), squareSums: entries() };
}

function begin({ logWealths, sums, squareSums }: GameStates, sum: number, squares: number): void {
  logWealths[0] = 0;
  sums[0] = sum;
  squareSums[0] = squares;
}

/**
 * The bookkeeping that both games share.
 *
 * @param play continues from the state before a bet and returns the position that reached the goal, n if none did
 */
function resumable(n: number, play: (from: number) => number): ResumableTest {
  /** Position whose bet reached the goal. States behind it are stale and must never be resumed from. */
  let crossing = n;
  let played = false;
  return {
    get crossing() {
      return crossing;
    },
    certified(firstChanged) {
      if (!played) {
        crossing = play(0);
        played = true;
      } else if (firstChanged <= crossing && firstChanged < n) {
        // At most the crossing: every state up to and including the one before that bet belongs to the present losses.
        crossing = play(firstChanged);
      }
      return crossing < n;
    },
  };
}
