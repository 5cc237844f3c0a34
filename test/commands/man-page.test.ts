import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandList } from "../../commands/command-list.ts";
import { helpTopics } from "../../commands/help-topics.ts";
import { jsonFile, succeed } from "../support/scratch.ts";

/** After a change of the help: `EEXIT_UPDATE_DOCS=1 npx vitest run --project fast test/commands/man-page.test.ts`. */
const path = "man/eexit.1";

describe("eexit help --man", () => {
  it("is man/eexit.1, which the package installs", async () => {
    const { stdout } = await succeed(["help", "--man"]);
    if (process.env.EEXIT_UPDATE_DOCS === "1") writeFileSync(path, stdout);
    expect(stdout).toBe(readFileSync(path, "utf8"));
    expect(jsonFile("package.json")).toMatchObject({ man: [`./${path}`], files: expect.arrayContaining(["man"]) });
  });

  it("has every command with its options, every topic, and ASCII only", async () => {
    const { stdout } = await succeed(["help", "--man"]);
    for (const { name } of commandList) expect(stdout).toContain(`\n.SS eexit ${name}\n`);
    for (const topic of Object.keys(helpTopics))
      expect(stdout).toContain(`\n.SH ${topic.toUpperCase().replaceAll("-", "\\-")}\n`);
    expect(stdout).toContain("\n.B \\-e, \\-\\-epsilon <level>\n");
    expect(stdout).toMatch(/^[\n -~]*$/);
  });

  it("lets no line of help become a roff request", async () => {
    const known = new Set(["TH", "SH", "SS", "TP", "PP", "B", "I", "br", "nf", "fi"]);
    for (const line of (await succeed(["help", "--man"])).stdout.split("\n")) {
      expect(line).not.toMatch(/^'/);
      const request = /^\.(\S*)/.exec(line)?.[1];
      if (request !== undefined) expect(known, line).toContain(request);
    }
  });

  const mandoc = spawnSync("mandoc", ["-T", "ascii", path]).status === 0;
  if (!mandoc) process.stderr.write("man-page.test.ts: no mandoc here: the page is not rendered\n");
  it.skipIf(!mandoc)("is read by mandoc without an error", async () => {
    const lint = spawnSync("mandoc", ["-T", "lint", "-W", "error", path], { encoding: "utf8" });
    expect(lint.stdout).toBe("");
    const { stdout } = spawnSync("mandoc", ["-T", "utf8", path], { encoding: "utf8" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: bold is letter, backspace, letter
    const text = stdout.replace(/.\u0008/g, "");
    expect(text).toContain("risk level ε");
    expect(text).toContain("--no-shuffle");
  });
});
