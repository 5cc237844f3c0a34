import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { formats } from "../../bench/fuzz/formats.ts";

const program = resolve("dist/bench/fuzz.js");
const built = existsSync(program);
if (!built) process.stderr.write("test/reliability/fuzz: not run, dist/bench/fuzz.js is missing (npm run build)\n");

/**
 * Damaged files of every format to every reader: each is accepted or refused cleanly, none crashes, hangs or fills the memory.
 *
 * @param runs how many go side by side, each with its share of the formats
 */
export function fuzzCases(cases: number, seed: number, runs: number): void {
  const names = Object.keys(formats);
  const shares = Array.from({ length: runs }, (_, run) => names.filter((_, i) => i % runs === run).join(","));
  test.skipIf(!built).concurrent.each(shares)(
    `%s: ${cases} cases of seed ${seed}`,
    async (share) => {
      const child = spawn(process.execPath, [program, share, String(cases), String(seed)]);
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text) => {
          said += text;
        });
      const status = await new Promise((done) => child.on("close", done));
      // Any finding is kept in fuzz-findings/ with its stack.
      expect({ status, said }).toMatchObject({ status: 0, said: expect.stringContaining("| 0 | 0 | 0 |") });
    },
    3_600_000,
  );
}
