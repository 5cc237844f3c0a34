// Loaded with --import in front of a program: at its end it writes CPU seconds (of all threads) and peak memory of the process.
import { writeFileSync } from "node:fs";

const file = process.env.EEXIT_BENCH_USAGE;
if (file !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(
      file,
      JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMegabytes: maxRSS / 1024 }),
    );
  });
}
