import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandList } from "../commands/command-list.ts";
import { helpTopics } from "../commands/help-topics.ts";
import { runCli } from "./support/run-cli.ts";

/** See test/golden/README.md: one folder is one call of the program and what it says. */
const root = "test/golden";
const update = process.env.EEXIT_UPDATE_GOLDEN === "1";
const scenarios = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  // Calibrations first: their files are what check is called with.
  .sort((a, b) => Number(b.startsWith("calibrate")) - Number(a.startsWith("calibrate")));

interface Call {
  readonly argv: readonly string[];
  /** A file that is piped in. */
  readonly stdin?: string;
}

describe("golden outputs", () => {
  test.each(scenarios)("%s", async (name) => {
    const file = (part: string) => join(root, name, part);
    const { argv, stdin } = JSON.parse(readFileSync(file("command.json"), "utf8")) as Call;
    const { status, stdout, stderr } = await runCli(argv, stdin === undefined ? {} : { stdin: readFileSync(stdin) });
    const found = { "stdout.txt": stdout, "stderr.txt": stderr, "status.txt": `${status}\n` };
    for (const [part, text] of Object.entries(found)) {
      if (update) writeFileSync(file(part), text);
      else expect(text, part).toBe(readFileSync(file(part), "utf8"));
    }
    expect(status).toBeLessThan(3);
  });

  test("hold the help of every command and topic", () => {
    for (const { name } of commandList)
      expect(scenarios).toEqual(expect.arrayContaining([`help-${name}`, `help-${name}-short`]));
    for (const topic of Object.keys(helpTopics)) expect(scenarios).toContain(`help-topic-${topic}`);
  });
});
