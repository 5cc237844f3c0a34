import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

/**
 * The files of `fast` that take longest: they begin, so that none of them is left running alone at the end. vitest remembers times
 * by itself, but not in a fresh checkout.
 */
const longest = [
  "validity/high-probability",
  "commands/infer-processes",
  "commands/process",
  "reliability/fuzz",
  "reliability/kill",
  "sample-tasks",
  "validity/on-average",
  "reliability/hostile",
];
const rank = (path: string) => {
  const place = longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return place < 0 ? longest.length : place;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer["sort"]>[0]): ReturnType<BaseSequencer["sort"]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a.moduleId) - rank(b.moduleId));
  }
}

const mocked = "test/**/*.mocked.test.ts";

/**
 * `npm test` is `fast` and `mocked`, `npm run test:long` is `long` (Monte Carlo and fuzzing at full size). The files of `fast` take
 * turns in one process per core, which loads the program once: a process per file costs .4 s of CPU each, a third of all. A file
 * that replaces modules (`vi.mock`) cannot share them; it is named `….mocked.test.ts` and has a process of its own.
 */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // All cores: the default leaves one free, which on two cores is half of the time.
    maxWorkers: "100%",
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "fast", isolate: false, include: ["test/**/*.test.ts"], exclude: [mocked] } },
      { extends: true, test: { name: "mocked", include: [mocked] } },
      { extends: true, test: { name: "long", include: ["test/**/*.long.ts"], testTimeout: 3_600_000 } },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "commands/**/*.ts"],
      thresholds: { lines: 95 },
      reporter: ["text"],
    },
  },
});
