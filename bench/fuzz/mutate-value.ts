import type { Random } from "../../src/stats/random.ts";
import { chance, pick } from "./mutate-bytes.ts";

const atoms: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  1e308,
  -0,
  1e-320,
  2 ** 31,
  2 ** 40,
  2 ** 53,
  "",
  "x",
  "top1",
  "\u0000\u001b[31m",
  "__proto__",
  "constructor",
  "a".repeat(300),
];

/**
 * Damages JSON-like data or a decoded message in place: one to four members get another kind, another number, a twin, a
 * neighbour's value, go missing, or are wrapped in lists. Byte arrays and bigints stay of their kind, so that a message can
 * mostly still be encoded.
 */
export function mutateValue(random: Random, value: unknown): unknown {
  const root = { root: value };
  for (let round = 1 + random.integer(4); round > 0; round--) damageMember(random, root);
  return root.root;
}

function damageMember(random: Random, root: Record<string, unknown>): void {
  const places = allPlaces(root);
  const { holder, key } = pick(random, places);
  const members = holder as Record<string, unknown>;
  const value = members[key];
  switch (random.integer(8)) {
    case 0:
      members[key] = otherAtom(random, value);
      return;
    case 1:
      members[key] = nudged(random, value);
      return;
    case 2:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (key !== "root") delete members[key];
      return;
    case 3:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(value));
      else if (key !== "root") members[`${key}_1`] = structuredClone(value);
      return;
    case 4: {
      const other = pick(random, places);
      members[key] = structuredClone((other.holder as Record<string, unknown>)[other.key]);
      return;
    }
    case 5: {
      let wrapped: unknown = value;
      for (let depth = chance(random, 0.1) ? 200 : 1 + random.integer(3); depth > 0; depth--) wrapped = [wrapped];
      members[key] = wrapped;
      return;
    }
    case 6:
      members[key] = Array.isArray(value) ? [] : {};
      return;
    default:
      if (Array.isArray(value) && value.length > 0)
        for (let twins = random.integer(20); twins > 0; twins--) value.push(structuredClone(pick(random, value)));
  }
}

interface Place {
  readonly holder: object;
  readonly key: string;
}

function allPlaces(root: object): Place[] {
  const places: Place[] = [];
  const open: object[] = [root];
  for (let holder = open.pop(); holder !== undefined && places.length < 5000; holder = open.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      if (key.startsWith("$")) continue;
      places.push({ holder, key });
      if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) open.push(value);
    }
  }
  return places;
}

function otherAtom(random: Random, value: unknown): unknown {
  if (typeof value === "bigint") return pick(random, [0n, -1n, 1n, 2n ** 31n, 2n ** 40n, 2n ** 62n]);
  if (ArrayBuffer.isView(value)) return new Uint8Array(random.integer(64));
  return pick(random, atoms);
}

function nudged(random: Random, value: unknown): unknown {
  if (typeof value === "number") return value + pick(random, [1, -1, 0.5, 100, -100, 2 ** 31]);
  if (typeof value === "bigint") return value + BigInt(random.integer(17) - 8);
  if (typeof value === "string") return value.slice(0, random.integer(value.length + 1));
  if (typeof value === "boolean") return !value;
  return value;
}
