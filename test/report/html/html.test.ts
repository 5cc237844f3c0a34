import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Panel } from "../../../src/report/figure/figure.ts";
import { renderHtml } from "../../../src/report/html/html.ts";
import { dataScript } from "../../../src/report/html/markup.ts";
import { emptyDocument, exampleDocument } from "../example-document.ts";
import { exampleFigure } from "../figure/example-figure.ts";

const levels = {
  epsilons: [0.1, 0.2],
  start: 1,
  columns: ["threshold λ̂", "risk"],
  rows: [
    {
      label: "ucb:star",
      look: 0,
      cells: [
        ["0.9", "0.05"],
        ["0.8", "0.1"],
      ],
    },
  ],
};
const panel: Panel = { title: "prediction-gap, top1", note: "a note", figures: [exampleFigure], levels };
const page = renderHtml([{ ...exampleDocument, panels: () => [panel] }]);

it("holds verdict, sentences, facts, tables, checks, cautions, figure and its data", () => {
  expect(page).toContain('<p class="verdict bad">broken</p>');
  expect(page).toContain('<p class="lead">The risk is above ε = 0.05 at level 0.05.</p>');
  expect(page).toContain("<dt>file</dt><dd>a|b &lt;c&gt; &amp; &quot;d&quot;.npy</dd>");
  expect(page).toContain('<td class="right">0.8371205925941467</td>');
  expect(page).toContain("<b>not-monotone</b>: losses fall for 3 % of samples [31mred</li>");
  expect(page).toContain('aria-label="Risk: risk against ε Arrow keys read the values."');
  expect(page).toContain('<th scope="row">0.2</th><td class="right">0.1 (0.05 to 0.15)</td>');
});

it("starts the slider and its table at the same level", () => {
  expect(page).toContain('min="0" max="1" step="1" value="1"');
  expect(page).toContain("<caption>At <b>ε = 0.2</b></caption>");
  expect(page).toContain("ucb:star</th><td>0.8</td><td>0.1</td></tr>");
  const single = { ...levels, epsilons: [0.1], start: 0 };
  const alone = renderHtml([{ ...exampleDocument, panels: () => [{ ...panel, levels: single }] }]);
  expect(alone).not.toContain('class="slider"');
  expect(alone).toContain("At <b>ε = 0.1</b>");
});

it("names nothing outside itself, and lets only its own script run", () => {
  expect(page.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\(|@import|src=/);
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(script).digest("base64");
  expect(page).toContain(`script-src 'sha256-${hash}'`);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/ on\w+=/);
});

it("no text can end an element of data", () => {
  const script = dataScript({ text: "</script><script>alert(1)</script>\u2028" });
  expect(script.match(/<\/script>/g)).toHaveLength(1);
  expect(JSON.parse(script.slice(script.indexOf(">") + 1, script.lastIndexOf("<"))).text).toContain("</script>");
});

it("is a whole page without anything to draw, and the same bytes again", () => {
  const bare = renderHtml([emptyDocument]);
  expect(bare).toContain("<h1>eexit inspect</h1>");
  expect(bare.endsWith("</html>\n")).toBe(true);
  expect(renderHtml([{ ...exampleDocument, panels: () => [panel] }])).toBe(page);
});

it("several answers are sections, and what they share of their origin is said once", () => {
  const provenance = [{ label: "program", value: "eexit 0.1.0" }];
  const both = renderHtml([
    { ...exampleDocument, provenance },
    { ...emptyDocument, provenance },
  ]);
  expect(both).toContain("<h1>eexit report</h1>");
  expect(both.match(/<section class="answer">/g)).toHaveLength(2);
  expect(both.match(/<dt>program<\/dt>/g)).toHaveLength(1);
});
