import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Panel } from "../../../src/report/figure/figure.ts";
import { figureSheet } from "../../../src/report/figure/figure-sheet.ts";
import { scratchFolder, succeed } from "../../support/scratch.ts";
import { parseXml, type XmlElement } from "../../support/xml.ts";
import { emptyDocument } from "../example-document.ts";
import { exampleFigure, exampleSeries } from "./example-figure.ts";

const scratch = scratchFolder();
const hostile = `<script>alert("1")</script> & ' ]]> \u0000\u001b[31m \ud800`;
const panel: Panel = { title: "a panel", note: "", figures: [exampleFigure], levels: null };
/** Names of all elements of a well-formed SVG, in their order. */
const elementsOf = (svg: string): string[] => {
  const names = ({ name, children }: XmlElement): string[] => [name, ...children.flatMap(names)];
  return names(parseXml(svg));
};
const sheetOf = (...panels: Panel[]) => figureSheet([{ ...emptyDocument, panels: () => panels }]);

it("is well-formed, one text per label, and names itself for readers who cannot see it", () => {
  const svg = sheetOf(panel);
  expect(elementsOf(svg).slice(0, 4)).toEqual(["svg", "title", "desc", "style"]);
  expect(svg).toContain('<desc id="description">risk against ε</desc>');
  expect(svg).toContain(">risk = ε</text>");
});

it("shows hostile names as text", () => {
  const figure = {
    ...exampleFigure,
    title: hostile,
    x: { ...exampleFigure.x, label: hostile },
    series: [{ ...exampleSeries, label: hostile }, exampleSeries],
    guides: [{ kind: "diagonal" as const, at: 0, label: hostile }],
  };
  const svg = sheetOf({ ...panel, title: hostile, figures: [figure] });
  expect(elementsOf(svg)).not.toContain("script");
  expect(svg).not.toContain("\u001b");
});

it("says so when there is nothing to draw", () => {
  expect(sheetOf()).toContain(">nothing to draw</text>");
  expect(sheetOf({ ...panel, figures: [{ ...exampleFigure, series: [] }] })).toContain(">nothing to draw</text>");
  parseXml(sheetOf());
});

it("stands four figures in two rows of two", () => {
  const svg = sheetOf({ ...panel, figures: [exampleFigure, exampleFigure, exampleFigure, exampleFigure] });
  const places = [...svg.matchAll(/<g transform="translate\((\d+) (\d+)\)">/g)].map(([, x, y]) => [+x!, +y!]);
  expect(places.map(([x]) => x)).toEqual([24, 448, 24, 448]);
  expect(places[0]![1]).toBe(places[1]![1]);
  expect(places[2]![1]).toBeGreaterThan(places[0]![1]!);
});

it("makes the picture of the documents, byte for byte", async () => {
  const command =
    "sweep sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -e 0.01:0.15:0.01";
  const splits = ["--risk", "prediction-gap", "--trials", "50", "--calibration-size", "200"];
  expect(readFileSync("docs/reports.md", "utf8")).toContain(`$ eexit ${command} \\\n    ${splits.join(" ")} --report`);
  const path = scratch.path("digits-sweep.svg");
  await succeed([...command.split(" "), ...splits, "--report", path]);
  const svg = readFileSync(path, "utf8");
  // After a deliberate change, write the picture again with the command of docs/reports.md and look at it.
  expect(svg).toBe(readFileSync("docs/pictures/digits-sweep.svg", "utf8"));
  parseXml(svg);
});
