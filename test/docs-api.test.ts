import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as library from "../src/index.ts";

/** docs/api.md is what the build declares; `node .ci/write-api.js` writes it, and so does EEXIT_UPDATE_DOCS=1 here. */
const built = existsSync("dist/src/index.d.ts");
if (!built) process.stderr.write("docs-api.test.ts: not run, dist/src/index.d.ts is missing (npm run build)\n");
const page = "docs/api.md";

it.skipIf(!built)("docs/api.md is written from the declarations as they are", async () => {
  // @ts-expect-error: a script without declarations
  const { apiPage } = (await import("../.ci/write-api.js")) as { apiPage(): string };
  const text = apiPage();
  if (process.env.EEXIT_UPDATE_DOCS === "1") writeFileSync(page, text);
  expect(readFileSync(page, "utf8")).toBe(text);
});

it("docs/api.md has every value that the library exports, and a comment for each name", () => {
  const text = readFileSync(page, "utf8");
  for (const name of Object.keys(library)) expect(text).toContain(`\n### ${name}\n`);
  expect([...text.matchAll(/^### (\w+)\n\n```/gm)].map(([, name]) => name)).toEqual([]);
});
