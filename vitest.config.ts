import { defineConfig } from "vitest/config";

// Two projects: `fast` is `npm test`; `long` is `npm run test:long` (Monte Carlo and fuzzing at full size).
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // All cores: the default leaves one free, which on two cores is half of the time.
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "fast", include: ["test/**/*.test.ts"] } },
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
