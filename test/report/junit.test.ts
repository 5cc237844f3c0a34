import { expect, test } from "vitest";
import { renderJunit } from "../../src/report/junit.ts";
import { emptyDocument, exampleDocument } from "./example-document.ts";

test("checks are test cases, facts properties, cautions output; controls are dropped, the rest escaped", () => {
  expect(renderJunit(exampleDocument)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="eexit check" tests="3" failures="1" errors="0">
  <testsuite name="eexit check" tests="3" failures="1" errors="0" skipped="1">
    <properties>
      <property name="verdict" value="broken"/>
      <property name="samples" value="1000"/>
      <property name="file" value="a|b &lt;c&gt; &amp; &quot;d&quot;.npy"/>
    </properties>
    <testcase name="risk" classname="eexit">
      <failure type="failed" message="observed 0.08, expected at most 0.05">observed 0.08, expected at most 0.05</failure>
    </testcase>
    <testcase name="mean exit" classname="eexit">
      <system-out>2.3 is at most 3</system-out>
    </testcase>
    <testcase name="baseline" classname="eexit">
      <skipped message="not decided: 50% of&#10;1200 rows"/>
    </testcase>
    <system-out>The risk is above ε = 0.05 at level 0.05.
caution (not-monotone): losses fall for 3 % of samples [31mred</system-out>
  </testsuite>
</testsuites>
`);
});

test("a document without checks is a valid empty suite", () => {
  expect(renderJunit(emptyDocument)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="eexit inspect" tests="0" failures="0" errors="0">
  <testsuite name="eexit inspect" tests="0" failures="0" errors="0" skipped="0">
  </testsuite>
</testsuites>
`);
});

test("a message cannot close its element", () => {
  const checks = [{ name: "x", outcome: "failed" as const, message: "]]></failure><x a=\"'\ud800\ufffe" }];
  expect(renderJunit({ ...emptyDocument, checks })).toContain(
    `<failure type="failed" message="]]&gt;&lt;/failure&gt;&lt;x a=&quot;'">]]&gt;&lt;/failure&gt;&lt;x a=&quot;'</failure>`,
  );
});
