import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { interleaved, ratioText, secondsText, spreadText } from "../../bench/interleaved.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder();
const shell = spawnSync("sh", ["-c", ":"]).status === 0;

describe.skipIf(!shell)("commands in turn", () => {
  test("after a round that is not counted, each as often as it takes part, with what it says of its memory", () => {
    const log = scratch.path("log");
    const sh = (script: string) => ["sh", "-c", script];
    const timings = interleaved(
      [
        { name: "a", argv: sh(`printf a >> ${log}`), repeat: 2 },
        {
          name: "b",
          argv: sh(`printf $LETTER >> ${log}; printf '{ "peakMegabytes": 12.5 }' > $EEXIT_BENCH_USAGE`),
          env: { LETTER: "b" },
          usageFile: scratch.path("usage.json"),
        },
        { name: "c", argv: sh(`printf c >> ${log}`), rounds: 1 },
      ],
      2,
    );
    expect(readFileSync(log, "utf8")).toBe("aab" + "aabc" + "aab");
    const memory = Array.from(timings, ([name, runs]) => [name, runs.map(({ peakMegabytes }) => peakMegabytes)]);
    expect(memory).toEqual([
      ["a", [null, null]],
      ["b", [12.5, 12.5]],
      ["c", [null]],
    ]);
    for (const { cpu, wall } of timings.get("a")!) {
      expect(cpu).toBeGreaterThanOrEqual(0);
      expect(wall).toBeGreaterThan(0);
    }
  });

  test("one that fails ends the measurement with its name", () => {
    expect(() => interleaved([{ name: "bad", argv: ["sh", "-c", "exit 3"] }], 1)).toThrow("bad ended with status 3");
  });
});

test("median, least and most, of values and of ratios by round", () => {
  expect(secondsText([1.2, 1.5, 1.234])).toBe("1.23 s [1.2 – 1.5]");
  expect(spreadText([76.91, 998.4], "MB")).toBe("538 MB [76.9 – 998]");
  expect(ratioText([2, 6], [1, 2])).toBe("2.5 × [2 – 3]");
});
