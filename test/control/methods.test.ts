import { describe, expect, test } from "vitest";
import {
  bounds,
  crcVariants,
  isBetting,
  methodLabel,
  methodNames,
  parseMethod,
  resolveMethod,
  usesDelta,
} from "../../src/control/methods.ts";
import type { Method } from "../../src/control/types.ts";
import type { LossKind } from "../../src/exits/types.ts";

const signed: LossKind = { name: "prediction-gap", lower: -1, upper: 1, binary: false };
const binary: LossKind = { name: "consistency", lower: 0, upper: 1, binary: true };
const all = [
  "naive",
  ...crcVariants.map((variant) => `crc:${variant}`),
  ...["ucb", "ltt"].flatMap((name) => bounds.map((bound) => `${name}:${bound}`)),
];
const parsed = (text: string) => parseMethod(text) as Method;

describe("method names", () => {
  test("bare names mean the defaults", () => {
    expect(methodNames.map((name) => methodLabel(parsed(name)))).toEqual([
      "naive",
      "crc:first-failure",
      "ucb:auto",
      "ltt:hb",
    ]);
  });

  test("every variant reads back as it is written", () => {
    expect(all).toHaveLength(14);
    expect(all.map((text) => methodLabel(parsed(text)))).toEqual(all);
    expect(parsed("ltt:star")).toEqual({ name: "ltt", bound: "star", crc: null });
    expect(parsed("crc:monotone")).toEqual({ name: "crc", bound: null, crc: "monotone" });
  });

  test.each([
    "",
    "UCB",
    "ucb:",
    "ucb:monotone",
    "crc:hb",
    "crc:auto",
    "naive:hb",
    "naive:",
    "ucb:hb:hb",
    "toString",
    "__proto__",
  ])("%j is none", (text) => {
    expect(parseMethod(text)).toBeNull();
  });
});

describe("what a method needs", () => {
  test("δ for bounds, an order for bets", () => {
    expect(all.filter((text) => !usesDelta(parsed(text)))).toEqual(["naive", ...all.slice(1, 4)]);
    expect(all.filter((text) => isBetting(parsed(text)))).toEqual(["ucb:wsr", "ucb:star", "ltt:wsr", "ltt:star"]);
  });

  test("auto is settled by the declared kind of loss", () => {
    expect(resolveMethod(parsed("ucb"), binary).bound).toBe("cp");
    expect(resolveMethod(parsed("ucb"), signed).bound).toBe("star");
    expect(resolveMethod(parsed("ucb"), { ...binary, binary: false }).bound).toBe("star");
    expect(resolveMethod(parsed("ltt:auto"), binary)).toEqual({ name: "ltt", bound: "cp", crc: null });
    for (const text of all.filter((name) => !/auto|cp/.test(name))) {
      expect(resolveMethod(parsed(text), signed)).toEqual(parsed(text));
    }
  });

  test("the exact binomial is refused for losses that are not declared 0/1, and --clip is offered where it helps", () => {
    const refused = (hint: string) =>
      expect.objectContaining({ code: "bound-needs-binary", hint: expect.stringContaining(hint) });
    expect(() => resolveMethod(parsed("ucb:cp"), signed)).toThrow(refused("--clip"));
    expect(() => resolveMethod(parsed("ltt:cp"), { ...signed, name: "brier-gap" })).toThrow(refused("--bound star"));
    expect(resolveMethod(parsed("ucb:cp"), binary).bound).toBe("cp");
  });
});
