// Preloaded into a child process by `node --import`: ends it with SIGKILL just before its k-th operation on files that it
// writes, where k is EEXIT_KILL_AT. With EEXIT_KILL_AT=count it runs through and writes the number of operations to the
// file EEXIT_KILL_COUNT.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const at = process.env.EEXIT_KILL_AT;
let count = 0;
let writing = false;

for (const name of [
  "openSync",
  "writeSync",
  "fsyncSync",
  "closeSync",
  "chmodSync",
  "renameSync",
  "unlinkSync",
  "mkdirSync",
]) {
  const original = fs[name];
  fs[name] = (...args) => {
    // Reads before the first output are of no interest.
    writing ||= (name === "openSync" && args[1] === "wx") || name === "mkdirSync";
    if (writing) {
      count++;
      if (at !== "count" && count === Number(at)) process.kill(process.pid, "SIGKILL");
    }
    return original(...args);
  };
}
syncBuiltinESMExports();

if (at === "count") process.on("exit", () => fs.writeFileSync(process.env.EEXIT_KILL_COUNT, String(count)));
