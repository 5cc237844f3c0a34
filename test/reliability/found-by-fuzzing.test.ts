import { expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";

// What the fuzzers (npm run fuzz) found beside a file to refuse; such files stand in sample-data/broken.

test("a name out of a file stays on one line, without terminal escapes, and short", () => {
  const { message, hint } = new EexitError("file-malformed", `a\u001b[2J\nb\u2028${"c".repeat(5000)}`, "\u0007 d");
  expect(message).toMatch(/^a\?\[2J\?b\?c+…$/);
  expect(message).toHaveLength(1000);
  expect(hint).toBe("? d");
});
