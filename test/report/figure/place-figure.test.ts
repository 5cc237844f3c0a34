import { describe, expect, it, test } from "vitest";
import type { Figure, Series } from "../../../src/report/figure/figure.ts";
import { textWidth } from "../../../src/report/figure/figure-text.ts";
import { type PlacedFigure, placeFigure } from "../../../src/report/figure/place-figure.ts";
import { exampleFigure, exampleSeries } from "./example-figure.ts";

/** The value that a placed y stands for, read off two ticks as a person would. */
function readOff(placed: PlacedFigure, y: number): number {
  const [low, high] = [placed.yTicks[0]!, placed.yTicks.at(-1)!];
  const share = (low.at - y) / (low.at - high.at);
  return Number(low.text) + share * (Number(high.text) - Number(low.text));
}

describe("a line figure", () => {
  const placed = placeFigure(exampleFigure);

  it("puts every point where its axes say", () => {
    const [series] = placed.series;
    expect(series!.points.map(({ y }) => readOff(placed, y))).toEqual([
      expect.closeTo(0.05, 9),
      expect.closeTo(0.1, 9),
      expect.closeTo(0.15, 9),
    ]);
    const xs = series!.points.map(({ x }) => x);
    expect(xs[1]! - xs[0]!).toBeCloseTo(xs[2]! - xs[1]!, 9);
    expect(series!.line).toMatch(/^M[\d.]+,[\d.]+L[\d.]+,[\d.]+L[\d.]+,[\d.]+$/);
    expect(series!.band).toMatch(/Z$/);
  });

  it("stays inside its plot, bands included", () => {
    const { plot } = placed;
    const numbers = [...placed.series[0]!.band!.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [+x!, +y!]);
    for (const [x, y] of numbers) {
      expect(x).toBeGreaterThanOrEqual(plot.left - 0.01);
      expect(x).toBeLessThanOrEqual(plot.right + 0.01);
      expect(y).toBeGreaterThanOrEqual(plot.top - 0.01);
      expect(y).toBeLessThanOrEqual(plot.bottom + 0.01);
    }
  });

  it("draws the diagonal through equal values and clears its words", () => {
    const [diagonal] = placed.guides;
    const [x0, y0] = diagonal!.from;
    const [x1, y1] = diagonal!.to;
    const xAt = (value: number) => {
      const [first, last] = placed.series[0]!.points.filter((_, k) => k !== 1);
      return first!.x + ((value - 0.1) / 0.2) * (last!.x - first!.x);
    };
    expect(x0).toBeCloseTo(xAt(readOff(placed, y0)), 6);
    expect(x1).toBeCloseTo(xAt(readOff(placed, y1)), 6);
    const atBaseline = x1 - ((diagonal!.textAt[1] - y1) * (x1 - x0)) / (y0 - y1);
    expect(diagonal!.textAt[0]).toBeLessThan(atBaseline);
  });

  it("has no legend for one series and one entry each for several, none outside", () => {
    expect(placed.legend).toEqual([]);
    const many = Array.from(
      { length: 12 },
      (_, k): Series => ({ ...exampleSeries, label: `ucb:variant-${k}`, look: k }),
    );
    const { legend, width, plot } = placeFigure({ ...exampleFigure, series: many });
    expect(legend).toHaveLength(12);
    for (const { x, text } of legend) expect(x + 25 + textWidth(text, 12)).toBeLessThanOrEqual(width);
    expect(Math.max(...legend.map(({ y }) => y))).toBeLessThan(plot.top);
  });
});

describe("axes", () => {
  const shown = (figure: Partial<Figure>) => placeFigure({ ...exampleFigure, guides: [], ...figure });
  const at = (xs: readonly number[], y = 0): Series => ({
    ...exampleSeries,
    points: xs.map((x) => ({ x, y, text: "" })),
  });

  test.each([
    ["levels far apart", [0.01, 0.3]],
    ["tiny levels", [0.0002, 0.002, 0.004]],
    ["one level", [0.05]],
  ])("ticks of %s do not touch", (_, xs) => {
    const { xTicks, width } = shown({ series: [at(xs)] });
    expect(xTicks.length).toBeGreaterThan(1);
    xTicks.forEach(({ at: place, text }, k) => {
      const half = textWidth(text, 12) / 2;
      expect(place + half).toBeLessThanOrEqual(width);
      const next = xTicks[k + 1];
      if (next) expect(place + half).toBeLessThan(next.at - textWidth(next.text, 12) / 2);
    });
  });

  it("give values that are all 0 room, and an empty figure an axis", () => {
    expect(shown({ series: [at([0.1, 0.2])] }).yTicks.map(({ text }) => text)).toEqual([
      "0",
      "0.2",
      "0.4",
      "0.6",
      "0.8",
      "1",
    ]);
    expect(shown({ series: [] }).yTicks.length).toBeGreaterThan(1);
  });

  it("percentages have the decimals that tell them apart", () => {
    const y = { ...exampleFigure.y, show: "percent" as const };
    const texts = (values: number[]) =>
      shown({ y, series: [{ ...exampleSeries, points: values.map((v) => ({ x: v, y: v, text: "" })) }] }).yTicks.map(
        ({ text }) => text,
      );
    expect(texts([0.6])).toContain("60 %");
    expect(texts([0.012])).toEqual(["0.0 %", "0.2 %", "0.4 %", "0.6 %", "0.8 %", "1.0 %", "1.2 %"]);
  });

  it("names stand under their bars, bars on zero, whichever side", () => {
    const x = { label: "exit", kind: "names" as const, names: ["1", "2"], show: "number" as const, includes: [] };
    const bars: Series = { ...exampleSeries, mark: "bar", points: [0.4, -0.2].map((y, k) => ({ x: k, y, text: "" })) };
    const { series, xTicks } = shown({ x, series: [bars] });
    const [up, down] = series[0]!.points.map(({ bar }) => bar!);
    expect(up!.y + up!.height).toBeCloseTo(down!.y, 9);
    expect(up!.height).toBeCloseTo(2 * down!.height, 9);
    expect(xTicks.map(({ at: place }) => place)).toEqual([
      expect.closeTo(up!.x + up!.width / 2, 9),
      expect.closeTo(down!.x + down!.width / 2, 9),
    ]);
  });

  it("a log axis puts equal ratios at equal distances", () => {
    const x = { label: "batch", kind: "log" as const, show: "number" as const, includes: [] };
    const { series, xTicks } = shown({ x, series: [at([1, 8, 64], 1)] });
    const [a, b, c] = series[0]!.points.map((point) => point.x);
    expect(b! - a!).toBeCloseTo(c! - b!, 9);
    expect(xTicks.map(({ text }) => text)).toEqual(["1", "8", "64"]);
  });
});
