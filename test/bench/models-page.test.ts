import { expect, test } from "vitest";
import { modelsPage } from "../../bench/models-page.ts";

const conv = { title: "conv, one thread", body: "### Speed\n\n| a |\n" };
const trained = { title: "trained/model.onnx, one thread", body: "old figures\n\n### Speed\n\n| b |" };

test("what was not measured anew stays, with the run that it is of", () => {
  const first = modelsPage("A, 2 cores, 2026-01-01", [conv, trained], "");
  expect(first).toBe(
    `# Do exits save time?

A, 2 cores, 2026-01-01. Written by \`npm run bench:models\`; only ratios of one run mean something.

## conv, one thread

### Speed

| a |

## trained/model.onnx, one thread

old figures

### Speed

| b |
`,
  );
  const second = modelsPage("B, 4 cores, 2026-02-02", [{ ...conv, body: "new figures" }], first);
  expect(second).toBe(
    `# Do exits save time?

B, 4 cores, 2026-02-02. Written by \`npm run bench:models\`; only ratios of one run mean something.

## conv, one thread

new figures

## trained/model.onnx, one thread

Of an earlier run: A, 2 cores, 2026-01-01.

old figures

### Speed

| b |
`,
  );
  // The run of a section does not change by being kept again, and goes when it is measured.
  const third = modelsPage("C, 2026-03-03", [conv], second);
  expect(third).toContain("Of an earlier run: A, 2 cores, 2026-01-01.\n\nold figures");
  expect(modelsPage("C, 2026-03-03", [conv, trained], third)).not.toContain("Of an earlier run");
});
