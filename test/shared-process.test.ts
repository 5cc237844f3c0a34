import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The files of the project `fast` take turns in few processes (vitest.config.ts): none may change what the next one loads. */
test("a file that replaces modules before it loads them has a process of its own", () => {
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const shared = names.filter((name) => name.endsWith(".test.ts") && !name.endsWith(".mocked.test.ts"));
  expect(shared.length).toBeGreaterThan(100);
  const replacing = shared.filter((name) =>
    /^vi\.(mock|stubGlobal|useFakeTimers)\(/m.test(readFileSync(join(import.meta.dirname, name), "utf8")),
  );
  expect(replacing, "to be named ….mocked.test.ts").toEqual([]);
});
