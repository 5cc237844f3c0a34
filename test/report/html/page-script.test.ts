import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scratchFolder } from "../../support/scratch.ts";

const scratch = scratchFolder();

it("the committed page script is what report-page.ts compiles to (npm run page writes it)", () => {
  const path = scratch.path("page-script.ts");
  const { status, stderr } = spawnSync(process.execPath, [".ci/write-page-script.js", path], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(readFileSync("src/report/html/page-script.ts", "utf8"));
});
