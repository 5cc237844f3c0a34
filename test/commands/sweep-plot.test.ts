import { expect, it } from "vitest";
import type { RunOptions } from "../support/run-cli.ts";
import { labelled, succeed } from "../support/scratch.ts";

const argv = ["sweep", ...labelled, "-e", "0.05:0.2:0.05", "--risk", "prediction-gap,hellinger", "--method", "ucb,crc"];
const on = (env: RunOptions["env"], ...more: string[]) =>
  succeed([...argv, ...more], { isTTY: true, env: env ?? {}, stdin: "" }).then(({ stdout }) => stdout);

it("draws the first risk's curves below the table on a terminal, and names the others", async () => {
  const { stdout: piped } = await succeed(argv);
  const shown = await on({ LANG: "en_GB.UTF-8", NO_COLOR: "1" });
  expect(shown.startsWith(piped)).toBe(true);
  expect(shown).toContain("\nprediction-gap, top1\n\nRisk: risk on calibration rows\n");
  expect(shown).toMatch(/[\u2801-\u28ff]/);
  expect(shown).toContain("a ucb:star   b crc:first-failure   ⠤⠤⠤ risk = ε");
  expect(shown).toContain("not drawn: hellinger, top1 (choose with --risk");
  expect(shown).not.toContain("\u001b");
});

it("colours where colour is, and draws plain characters where the locale is no UTF-8", async () => {
  expect(await on({ LANG: "en_GB.UTF-8", FORCE_COLOR: "1" })).toContain("\u001b[36ma ucb:star\u001b[39m");
  const plain = await on({ LC_ALL: "C", LANG: "en_GB.UTF-8", NO_COLOR: "1" });
  expect(plain).not.toMatch(/[\u2500-\u28ff]/);
  expect(plain).toContain("... risk = ε");
});

it("draws nothing under --no-plot, for one level, or in another format", async () => {
  expect(await on({}, "--no-plot")).toBe((await succeed(argv)).stdout);
  expect(await on({}, "--format", "csv")).toBe((await succeed([...argv, "--format", "csv"])).stdout);
  const one = ["sweep", ...labelled, "-e", "0.05", "--risk", "prediction-gap"];
  expect((await succeed(one, { isTTY: true, stdin: "" })).stdout).toBe((await succeed(one)).stdout);
});
