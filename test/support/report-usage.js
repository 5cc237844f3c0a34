// Preloaded into a child process by `node --import`: writes its peak memory in bytes and its processor time in milliseconds
// to the file EEXIT_USAGE when it ends.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { memory: maxRSS * 1024, milliseconds: (userCPUTime + systemCPUTime) / 1000 };
  writeFileSync(process.env.EEXIT_USAGE, JSON.stringify(usage));
});
