import type { ReportCheck, ReportDocument } from "./document.ts";
import { plainCharacters } from "./plain-characters.ts";

/**
 * The document as JUnit XML, which every CI system shows: checks are test cases (passed, failed, skipped), facts and
 * the verdict are properties, statements and cautions the suite's output. No times: equal answers give equal bytes. Only what the
 * schemas of Jenkins's xUnit plugin and of the common description both know is used, so that validators let it pass.
 */
export function renderJunit(document: ReportDocument): string {
  const checks = [...document.checks, ...(document.junitChecks ?? [])];
  const counts = countAttributes(checks);
  const skipped = `skipped="${checks.filter(({ outcome }) => outcome === "skipped").length}"`;
  const name = attribute("name", document.title);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${name} ${counts}>`,
    `  <testsuite ${name} ${counts} ${skipped}>`,
    ...propertyLines(document),
    ...checks.flatMap(testCaseLines),
    ...outputLines(document),
    "  </testsuite>",
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function countAttributes(checks: readonly ReportCheck[]): string {
  const count = (outcome: ReportCheck["outcome"]) => checks.filter((check) => check.outcome === outcome).length;
  return `tests="${checks.length}" failures="${count("failed")}" errors="0"`;
}

function propertyLines(document: ReportDocument): string[] {
  const verdict = document.verdict === null ? [] : [{ label: "verdict", value: document.verdict }];
  const properties = [...verdict, ...document.facts];
  if (properties.length === 0) return [];
  const lines = properties.map((p) => `      <property ${attribute("name", p.label)} ${attribute("value", p.value)}/>`);
  return ["    <properties>", ...lines, "    </properties>"];
}

function testCaseLines(check: ReportCheck): string[] {
  const open = `    <testcase ${attribute("name", check.name)} classname="eexit">`;
  return [open, `      ${outcomeElement(check)}`, "    </testcase>"];
}

function outcomeElement(check: ReportCheck): string {
  const message = attribute("message", check.message);
  if (check.outcome === "failed") return `<failure type="failed" ${message}>${escapeXml(check.message)}</failure>`;
  if (check.outcome === "skipped") return `<skipped ${message}/>`;
  return `<system-out>${escapeXml(check.message)}</system-out>`;
}

function outputLines(document: ReportDocument): string[] {
  const cautions = document.cautions.map((caution) => `caution (${caution.code}): ${caution.message}`);
  const output = [...document.statements, ...cautions];
  return output.length === 0 ? [] : [`    <system-out>${escapeXml(output.join("\n"))}</system-out>`];
}

/** In an attribute a parser turns tabs and newlines into spaces unless they are written as references. */
function attribute(name: string, value: string): string {
  return `${name}="${escapeXml(value).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`;
}

function escapeXml(text: string): string {
  return plainCharacters(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
