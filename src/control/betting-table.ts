import type { LossSteps } from "../exits/loss-steps.ts";
import type { EnvelopeGames, GameRules } from "../stats/envelope-games.ts";
import { PlainEnvelopeGames } from "../stats/plain-envelope-games.ts";
import { BettingBox } from "./betting-box.ts";

/** Where walks play: games side by side and a box for each. */
export interface BettingTable {
  readonly games: EnvelopeGames;
  readonly boxes: readonly BettingBox[];
}

/** From this size on boxes of several games would take too much memory: 128 bytes for each sample. */
const mostSamples = 1 << 18;

const plain = tableOf(new PlainEnvelopeGames(1));
let fastGames: () => EnvelopeGames | null = () => null;
let fast: BettingTable | null | undefined;

/**
 * Faster games than the plain ones, with the same answers; control reads no files, so they are brought by whoever can find them.
 *
 * @param games asked once, when the first walk begins; null if there are none
 */
export function offerGames(games: () => EnvelopeGames | null): void {
  fastGames = games;
  fast = undefined;
}

/** The table, cleared for a walk: its memory is taken over from the walk before, which must be over. */
export function bettingTable(steps: LossSteps, rules: GameRules): BettingTable {
  const table = (rules.sampleCount <= mostSamples && fastTable()) || plain;
  table.games.begin(rules);
  table.games.boxes.fill(0, 0, 2 * rules.sampleCount * table.games.count);
  for (const box of table.boxes) box.begin(steps, table.games);
  return table;
}

function fastTable(): BettingTable | null {
  if (fast === undefined) {
    const games = fastGames();
    fast = games && tableOf(games);
  }
  return fast;
}

function tableOf(games: EnvelopeGames): BettingTable {
  return { games, boxes: Array.from({ length: games.count }, (_, game) => new BettingBox(game)) };
}
