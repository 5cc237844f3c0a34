import { expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { memorySource } from "../../src/io/byte-source.ts";
import { contentOf } from "../../src/io/open-content.ts";

/** What the fuzzers (npm run fuzz) have found, one case each: made small, and refused cleanly since. */
const found: readonly {
  readonly what: string;
  readonly bytes: Buffer;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  {
    what: "a pickled integer beyond the largest double",
    bytes: Buffer.concat([Buffer.from([0x80, 2, 0x8a, 255]), Buffer.alloc(255, 0x7f), Buffer.from(".")]),
    code: "array-missing",
    says: /holds a number/,
  },
];

test.each(found)("$what", async ({ bytes, code, says }) => {
  const error = await contentOf(memorySource("found", bytes), "found").then(
    () => null,
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(EexitError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
});

test("a name out of a file stays on one line, without terminal escapes, and short", () => {
  const { message, hint } = new EexitError("file-malformed", `a\u001b[2J\nb\u2028${"c".repeat(5000)}`, "\u0007 d");
  expect(message).toMatch(/^a\?\[2J\?b\?c+…$/);
  expect(message).toHaveLength(1000);
  expect(hint).toBe("? d");
});
