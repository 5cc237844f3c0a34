// Loaded with --import in front of a program: at its end it writes the peak memory of the process.
import { writeFileSync } from "node:fs";

const file = process.env.EEXIT_BENCH_USAGE;
if (file !== undefined) {
  process.on("exit", () => {
    writeFileSync(file, JSON.stringify({ peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
  });
}
