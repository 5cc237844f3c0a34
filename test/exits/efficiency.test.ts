import { expect, test } from "vitest";
import { efficiency, exitCounts, exitsAsCosts } from "../../src/exits/efficiency.ts";

test("ten samples, half of them at exit 1, at costs 10, 30, 100", () => {
  // mean exit (5·1 + 3·2 + 2·3)/10, mean cost (5·10 + 3·30 + 2·100)/10
  expect(efficiency([5, 3, 2], { costs: [10, 30, 100], unit: "GFLOPs" })).toEqual({
    meanExit: 1.7,
    exitShare: [0.5, 0.3, 0.2],
    meanCost: 34,
    fullCost: 100,
    costUnit: "GFLOPs",
    saving: 1 - 0.34,
  });
});

test("without measured costs an exit costs its number", () => {
  expect(exitsAsCosts(4)).toEqual({ costs: [1, 2, 3, 4], unit: "exits" });
  const all = efficiency([0, 0, 0, 7], exitsAsCosts(4));
  expect([all.meanExit, all.saving]).toEqual([4, 0]);
  const none = efficiency([7, 0, 0, 0], exitsAsCosts(4));
  expect([none.meanExit, none.saving]).toEqual([1, 0.75]);
});

test("exits are counted", () => {
  expect([...exitCounts([2, 0, 2, 2], 4)]).toEqual([1, 0, 3, 0]);
  expect([...exitCounts([], 2)]).toEqual([0, 0]);
});
