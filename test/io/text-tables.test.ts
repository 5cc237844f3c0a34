import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { openCsv } from "../../src/io/csv-table.ts";
import { openJson } from "../../src/io/json-table.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { readTextLabels } from "../../src/io/read-text-labels.ts";
import type { Content, Part } from "../../src/io/tensor.ts";

const source = (text: string) => memorySource("t", new TextEncoder().encode(text));

function arrays(content: Content): Record<string, unknown> {
  const [part] = content.parts() as Part[];
  const read = [...part!].map(([name, t]) => [
    name,
    { shape: t.shape, values: Array.from(readFloatRows(t, 0, t.shape[0]!)) },
  ]);
  return Object.fromEntries(read);
}

const csv = (text: string) => arrays(openCsv(source(text)));
const json = (value: unknown) => arrays(openJson(source(typeof value === "string" ? value : JSON.stringify(value))));

describe("openCsv", () => {
  it("gathers numbered columns, whatever the order, line ends and quotes", () => {
    const text =
      '\uFEFFconfidence_2,"id",confidence_1,label,loss:hellinger_1\r\n0.5,"a,""b""\n",.25,3,-1e-1\r\n\r\nnan,c,-inf,4.0,"0"\r\n\r\n';
    expect(csv(text)).toEqual({
      confidence: { shape: [2, 2], values: [0.25, 0.5, Number.NEGATIVE_INFINITY, Number.NaN] },
      label: { shape: [2], values: [3, 4] },
      "loss:hellinger": { shape: [2, 1], values: [-0.1, 0] },
    });
  });

  it("reads loss tables", () => {
    expect(csv("lambda,exits,score_1,score_2\n1,3,.5,.75\n0,1,.25,.5")).toEqual({
      lambdas: { shape: [2], values: [1, 0] },
      exits: { shape: [2], values: [3, 1] },
      scores: { shape: [2, 2], values: [0.5, 0.75, 0.25, 0.5] },
    });
    expect(csv("lambda,loss_1\n1,0\n0,1").losses).toEqual({ shape: [2, 1], values: [0, 1] });
  });

  it("reads a list of integers as labels", () => {
    expect(csv("3\n1\n2\n")).toEqual({ label: { shape: [3], values: [3, 1, 2] } });
  });

  it.each([
    ["label\n1\nabc", 't: line 3, column label: found "abc", expected a number'],
    ['label\n"1,5"', 't: line 2, column label: found "1,5", expected a number'],
    ["label,confidence_1\n1,", 't: line 2, column confidence_1: found "", expected a number'],
    ["label,confidence_1\n1,0,5", "t: line 2 has 3 fields, expected 2 as in the header"],
    ['label,id\n1,"a\n2,b', "t: line 2 has a quote that is not closed"],
    ["confidence_1,confidence_3\n1,1", "t: no column confidence_2, expected 1 to 3"],
    ["label,label\n1,1", "t: two columns label"],
    ["a;b\n1;2", "t: the columns a;b, expected confidence_1"],
    ["label\n0x10", 'found "0x10"'],
  ])("refuses %j", (text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  it("counts lines inside quotes and after blank lines", () => {
    expect(() => csv('label,id\n1,"a\nb"\n\nx,c')).toThrow("line 5, column label");
  });
});

describe("openJson", () => {
  it("reads columns, rows and bare lists", () => {
    const label = { shape: [2], values: [3, 4] };
    const confidence = { shape: [2, 2], values: [0.25, 0.5, 1, 0] };
    const nested = [
      [0.25, 0.5],
      [1, 0],
    ];
    expect(json({ confidence: nested, labels: [3, 4], comment: "x" })).toEqual({ confidence, label });
    expect(
      json([
        { confidence_1: 0.25, confidence_2: 0.5, label: 3, id: "a" },
        { confidence_1: 1, confidence_2: 0, label: 4, id: "b" },
      ]),
    ).toEqual({ confidence, label });
    expect(json(nested.map((row, i) => ({ confidence: row, label: 3 + i })))).toEqual({ confidence, label });
    expect(json([nested])).toEqual({ "": { shape: [1, 2, 2], values: [0.25, 0.5, 1, 0] } });
    expect(json({ lambdas: [1, 0], losses: nested, exits: [2, 1] }).losses).toEqual(confidence);
  });

  it("keeps texts as metadata", () => {
    expect(openJson(source('{"label":[1],"origin":"x"}')).metadata.get("origin")).toBe("x");
  });

  it.each([
    ['{"label":[1,\n2', "t: no valid JSON at line 2"],
    ['{"label":[NaN]}', "t: no valid JSON at line 1"],
    [{ logits: [[1, 2], [3]] }, "t: logits[1]: found a list of 1, expected 2 as in the first"],
    [{ label: [1, null] }, "t: label[1]: found null, expected a number"],
    [{ label: [1, [2]] }, "t: label[1]: found a list of 1, expected a number"],
    [[{ label: 1 }, { other: 2 }], "t: row 1 has no label"],
    [{ format: "eexit-threshold", version: 1 }, "an eexit-threshold file, expected data"],
    [{}, "no arrays of numbers"],
    [`[[${"0,".repeat(9999)}0]${",[]".repeat(9999)}]`, "t[1]: found a list of 0, expected 10000"],
  ])("refuses %j", (value, message) => {
    expect(() => json(value)).toThrow(message);
  });
});

describe("readTextLabels", () => {
  it("reads integers by lines or spaces, under an optional header", () => {
    expect(Array.from(readTextLabels(source("label\r\n3\r\n-1\r\n\r\n2.0 7\r\n")))).toEqual([3, -1, 2, 7]);
  });

  it("names the line", () => {
    expect(() => readTextLabels(source("1\n\n2.5\n"))).toThrow('t: line 3 holds "2.5", expected a class index');
    expect(() => readTextLabels(source("3000000000"))).toThrow("line 1");
  });
});
