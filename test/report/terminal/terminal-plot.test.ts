import { expect, it, test } from "vitest";
import type { Figure } from "../../../src/report/figure/figure.ts";
import { DotCanvas } from "../../../src/report/terminal/dot-canvas.ts";
import { terminalPlot } from "../../../src/report/terminal/terminal-plot.ts";
import { exampleFigure, exampleSeries } from "../figure/example-figure.ts";

const plainSpace = { columns: 50, unicode: false, paint: (_: number, text: string) => text };
const figure: Figure = {
  ...exampleFigure,
  series: [exampleSeries, { ...exampleSeries, label: "naive", look: 4, points: [{ x: 0.3, y: 0.2, text: "" }] }],
};

it("draws lines, letters, the diagonal and the axes with plain characters", () => {
  expect(terminalPlot([figure], plainSpace)).toBe(`Risk: risk
 0.2 |                    .                     b
     |                . .
     |            . .
0.15 |        . .                          -----a
     |    . .                      --------
     |  .                   -------
 0.1 |.             -------a
     |      --------
0.05 |a-----
     |
     |
   0 |
     +-------------------------------------------
     0.1       0.15       0.2       0.25      0.3
      ε

a ucb:star   b naive   ... risk = ε
`);
});

test("braille dots: numbered down the left, then the right, 7 and 8 below", () => {
  const canvas = new DotCanvas(2, 1, true);
  canvas.line(0, 0, 0, 3, 0);
  canvas.line(3, 3, 3, 3, 0);
  expect(canvas.rows((_, text) => text)).toEqual(["\u2847\u2880"]);
});

it("gives every run of one look its colour, and only that", () => {
  const painted = terminalPlot([figure], { ...plainSpace, paint: (colour, text) => `[${colour}]${text}[/]` });
  expect(painted).toContain("[0]a ucb:star[/]   [4]b naive[/]");
  expect(painted.replace(/\[\d\]|\[\/\]/g, "")).toBe(terminalPlot([figure], plainSpace));
});

it("stands two figures side by side where the terminal is wide, else below each other", () => {
  const lines = (columns: number) => terminalPlot([figure, figure], { ...plainSpace, columns }).split("\n");
  expect(lines(100)).toHaveLength(19);
  expect(lines(80)).toHaveLength(36);
  for (const columns of [40, 80, 100, 200])
    for (const line of lines(columns)) expect([...line].length).toBeLessThanOrEqual(columns);
});

it("is left out where nothing could be read off", () => {
  expect(terminalPlot([figure], { ...plainSpace, columns: 30 })).toBe("");
  expect(terminalPlot([{ ...figure, series: [] }], plainSpace)).toBe("");
});
