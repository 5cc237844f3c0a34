import fc from "fast-check";
import { expect, test } from "vitest";
import { formats } from "../../bench/fuzz/formats.ts";
import { mutateBytes } from "../../bench/fuzz/mutate-bytes.ts";
import { seededRandom } from "../../src/stats/random.ts";

test("damage leaves its input alone, keeps within bounds and follows from the seed", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(),
      (bytes, other, seed) => {
        const before = Uint8Array.from(bytes);
        const tokens = [Uint8Array.of(1, 2, 3)];
        const damaged = mutateBytes(seededRandom(seed), bytes, other, tokens);
        expect(bytes).toEqual(before);
        expect(damaged.length).toBeLessThanOrEqual(2 * bytes.length + 4096);
        expect(mutateBytes(seededRandom(seed), bytes, other, tokens)).toEqual(damaged);
      },
    ),
  );
});

test.each(Object.entries(formats))("%s: a number says which bytes, and hardly two are alike", (_, { maker }) => {
  const make = maker();
  const cases = Array.from({ length: 60 }, (_, number) =>
    Buffer.from(make(seededRandom(1, number))).toString("latin1"),
  );
  expect(Array.from(cases, (_, number) => Buffer.from(make(seededRandom(1, number))).toString("latin1"))).toEqual(
    cases,
  );
  expect(new Set(cases).size).toBeGreaterThan(50);
});
