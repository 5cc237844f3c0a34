import { expect, test } from "vitest";
import { escapeMarkdown, renderMarkdown } from "../../src/report/markdown.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("tables, with everything escaped that Markdown would obey", () => {
  expect(renderMarkdown(exampleDocument)).toBe(`## eexit check

**broken**

The risk is above ε = 0.05 at level 0.05.

|  |  |
| --- | --- |
| samples | 1000 |
| file | a\\|b &lt;c> &amp; "d".npy |

### risk by method

| method | λ̂ | saving | risk |
| --- | ---: | ---: | ---: |
| ucb, star | 0.8371205925941467 | 53.6 % | 0.04988 |
| crc\\|ff | never exit | 0.0 % | - |

| check | outcome | what was found |
| --- | --- | --- |
| risk | failed | observed 0.08, expected at most 0.05 |
| mean exit | passed | 2.3 is at most 3 |
| baseline | skipped | not decided: 50% of 1200 rows |

- caution (not-monotone): losses fall for 3 % of samples [31mred
`);
});

test("no cell can add a column or a line", () => {
  const lines = renderMarkdown({ ...emptyDocument, facts: [{ label: "a|b\n|c", value: "\\|" }] }).split("\n");
  expect(lines[4]).toBe("| a\\|b \\|c | \\\\\\| |");
});

test("emphasis and code marks show as themselves", () => {
  expect(escapeMarkdown("a_b *c* `d`")).toBe("a\\_b \\*c\\* \\`d\\`");
});
