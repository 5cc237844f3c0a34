import { expect, test } from "vitest";
import { omittedFromCsv, renderCsv } from "../../src/report/csv.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("keys, every digit, empty for null, quotes where needed", () => {
  expect(renderCsv(exampleDocument)).toBe(
    "method,threshold,saving,risk\n" +
      '"ucb, star",0.8371205925941467,0.536,0.0498765\n' +
      "crc|ff,1.7976931348623157e+308,0,\n",
  );
});

test("without a table the facts are the table", () => {
  const facts = [{ label: 'the "file"', value: "a\nb" }];
  expect(renderCsv({ ...emptyDocument, facts })).toBe('label,value\n"the ""file""","a\nb"\n');
});

test("numbers without digits are spelled as numpy and R read them", () => {
  const columns = [{ key: "x", label: "x", align: "right" as const }];
  const tables = [
    { title: "t", columns, rows: [[Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [Number.NaN]] },
  ];
  expect(renderCsv({ ...emptyDocument, tables })).toBe("x\ninf\n-inf\nnan\n");
});

test("the first of several tables is written and the rest are named", () => {
  const [first] = exampleDocument.tables;
  const several = { ...exampleDocument, tables: [first!, { ...first!, title: "second" }] };
  expect(renderCsv(several)).toBe(renderCsv(exampleDocument));
  expect(omittedFromCsv(several)).toBe('csv holds one table, "risk by method"; 1 table left out: "second"');
  expect(omittedFromCsv(exampleDocument)).toBeNull();
});
