import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ReportCheck } from "../../src/report/document.ts";
import { renderJunit } from "../../src/report/junit.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, fresh, labelled, scratchFolder, succeed } from "../support/scratch.ts";
import { parseXml, type XmlElement } from "../support/xml.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

/**
 * What the schemas of Jenkins's xUnit plugin (junit-10.xsd, to which that plugin holds every file) and of Ant's JUnit task have in
 * common, as far as it says what may stand where. Required attributes are marked "!"; times, hosts and dates, which Ant's own
 * schema wants too, would make equal answers unequal and are read by nobody.
 */
const rules: Readonly<Record<string, { attributes: string; children: readonly string[]; text: boolean }>> = {
  testsuites: { attributes: "name tests failures errors time", children: ["testsuite"], text: false },
  testsuite: {
    attributes: "name! tests! failures! errors! skipped time timestamp hostname id package",
    // in this order
    children: ["properties", "testcase", "system-out", "system-err"],
    text: false,
  },
  properties: { attributes: "", children: ["property"], text: false },
  property: { attributes: "name! value!", children: [], text: false },
  testcase: {
    attributes: "name! classname! time",
    children: ["skipped", "error", "failure", "system-out", "system-err"],
    text: false,
  },
  failure: { attributes: "type! message", children: [], text: true },
  skipped: { attributes: "message type", children: [], text: true },
  "system-out": { attributes: "", children: [], text: true },
};

function problems({ name, attributes, children, text }: XmlElement): string[] {
  const rule = rules[name];
  if (rule === undefined) return [`${name} is no element of JUnit`];
  const known = rule.attributes.split(" ").filter(Boolean);
  const places = children.map((child) => rule.children.indexOf(child.name));
  return [
    ...[...attributes.keys()]
      .filter((key) => !known.some((word) => word.replace("!", "") === key))
      .map((key) => `${name} has no attribute ${key}`),
    ...known
      .filter((word) => word.endsWith("!") && !attributes.has(word.slice(0, -1)))
      .map((word) => `${name} lacks ${word}`),
    ...places.flatMap((place, index) =>
      place < 0 || place < (places[index - 1] ?? 0) ? [`${name}: ${children[index].name} out of place`] : [],
    ),
    ...(rule.text || text.trim() === "" ? [] : [`${name} holds text`]),
    ...children.flatMap(problems),
  ];
}

function all(element: XmlElement, name: string): XmlElement[] {
  return [...(element.name === name ? [element] : []), ...element.children.flatMap((child) => all(child, name))];
}

function counts(element: XmlElement): number[] {
  return ["tests", "failures", "errors"].map((key) => Number(element.attributes.get(key)));
}

/** Well formed, every element and attribute in its place, and the counts are those of the cases. */
function expectValid(source: string): XmlElement {
  const root = parseXml(source);
  expect(root.name).toBe("testsuites");
  expect(problems(root)).toEqual([]);
  const found = [all(root, "testcase").length, all(root, "failure").length, 0];
  for (const element of [root, ...all(root, "testsuite")]) expect(counts(element)).toEqual(found);
  expect(Number(all(root, "testsuite")[0].attributes.get("skipped"))).toBe(all(root, "skipped").length);
  return root;
}

const scratch = scratchFolder();

describe("JUnit files keep the rules that its readers share", () => {
  it.each([
    ["a document with everything", exampleDocument],
    ["an empty one", emptyDocument],
    ["names that are markup", { ...exampleDocument, title: `<a> & "b" 'c' ]]> \n\t`, verdict: "a\u0000b\ud800" }],
  ])("%s", (_, document) => {
    expectValid(renderJunit(document));
  });

  it("texts come back as they were, but for what XML cannot hold", () => {
    const message = `50 % < 60 %, "a" & 'b'\n::error::\t]]> λ̂ 😀`;
    const checks: ReportCheck[] = [{ name: 'a "b" <c>', outcome: "failed", message: `${message}\u0007\r` }];
    const root = expectValid(renderJunit({ ...emptyDocument, checks }));
    const [failure] = all(root, "failure");
    expect(failure.text).toBe(message);
    expect(failure.attributes.get("message")).toBe(message);
    expect(all(root, "testcase")[0].attributes.get("name")).toBe('a "b" <c>');
  });

  it("from every command that writes one", async () => {
    const reports: string[][] = [
      ["calibrate", ...labelled, "-e", "0.05", "-o", scratch.path("t.json")],
      ["sweep", ...labelled, "-e", "0.05,0.1", "--method", "ucb"],
      ["check", "-t", digits("threshold.json"), ...fresh, "--min-saving", "99.9%", "--max-mean-exit", "3"],
      ["check", "-t", digits("threshold.json"), ...fresh, "--baseline-threshold", digits("threshold.json")],
    ];
    for (const [index, argv] of reports.entries()) {
      const path = scratch.path(`report-${index}.xml`);
      await runCli([...argv, "--report", path]);
      expectValid(readFileSync(path, "utf8"));
    }
    const { stdout } = await succeed(["check", "-t", digits("threshold.json"), ...fresh, "--format", "junit"]);
    expectValid(stdout);
  });

  it("inconclusive is skipped, and failed under --strict, as the status says", async () => {
    const argv = ["check", "-t", "test/golden/inconclusive.threshold.json", ...fresh, "--format"];
    for (const [options, status, element, level] of [
      [[], 0, "skipped", "notice"],
      [["--strict"], 1, "failure", "error"],
    ] as const) {
      const junit = await runCli([...argv, "junit", ...options]);
      expect([junit.status, all(expectValid(junit.stdout), element).length]).toEqual([status, 1]);
      const github = await runCli([...argv, "github", ...options]);
      expect(github.stdout).toMatch(new RegExp(`^::${level} title=.*would decide with power 0.8$`, "m"));
    }
  });
});
