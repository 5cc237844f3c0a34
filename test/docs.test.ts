import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleCommands, fencedBlocks, matches, trimmed } from "./support/console-blocks.ts";
import { DocumentShell } from "./support/document-shell.ts";

/**
 * Every ```console block of the documents is run, in order, one folder per document, and has to show what the document
 * shows. After a deliberate change of wording: `EEXIT_UPDATE_DOCS=1 npx vitest run --project fast test/docs.test.ts`, then
 * read the difference.
 */
const root = resolve(import.meta.dirname, "..");
const update = process.env.EEXIT_UPDATE_DOCS === "1";
const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, "docs/recipes")).map((name) => `docs/recipes/${name}`),
  ...readdirSync(join(root, "sample-data/tasks")).map((name) => `sample-data/tasks/${name}/README.md`),
];
const started = process.cwd();
const consoleDocuments = documents.filter((name) => blocksOf(name).some(({ language }) => language === "console"));

for (const document of consoleDocuments) {
  describe(document, () => {
    const shell = new DocumentShell();
    const shown = new Map<string, string>();
    const folder = freshFolder();

    for (const block of blocksOf(document).filter(({ language }) => language === "console")) {
      for (const [index, command] of consoleCommands(block).entries()) {
        it(`line ${block.line} (${index + 1}): ${command.line}`, async () => {
          const commands = consoleCommands(block);
          const { status, text } = await shell.run(command.line);
          const admitted = commands[index + 1]?.line === "echo $?";
          if (status !== 0 && !admitted) throw new Error(`exit status ${status}: ${text}`);
          shown.set(`${block.line}:${index}`, text);
          if (!update && !skippedBy(shell, command.line)) expectShown(command.expected, text);
        });
      }
    }

    beforeAll(() => process.chdir(folder));
    afterAll(() => {
      process.chdir(started);
      rmSync(folder, { recursive: true });
      for (const line of shell.skipped) process.stderr.write(`${document}: not run in tests: ${line}\n`);
      if (update) rewrite(document, shown, shell);
    });
  });
}

/** sample-data beside whatever the document writes. */
function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "eexit-docs-"));
  cpSync(join(root, "sample-data"), join(folder, "sample-data"), { recursive: true });
  return folder;
}

function expectShown(expected: readonly string[], text: string): void {
  if (!matches(expected, text)) expect(trimmed(text)).toBe(trimmed(expected.join("\n")));
}

function skippedBy(shell: DocumentShell, line: string): boolean {
  return shell.skipped.includes(line);
}

function blocksOf(document: string) {
  return fencedBlocks(readFileSync(join(root, document), "utf8"));
}

/** Puts what was shown where it differs from what is written. */
function rewrite(document: string, shown: ReadonlyMap<string, string>, shell: DocumentShell): void {
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  for (const block of blocksOf(document).reverse()) {
    if (block.language !== "console") continue;
    const fresh = consoleCommands(block).flatMap(({ line, source, expected }, index) => {
      const text = shown.get(`${block.line}:${index}`);
      if (text === undefined || skippedBy(shell, line) || matches(expected, text)) return [...source, ...expected];
      return [...source, ...(trimmed(text) === "" ? [] : trimmed(text).split("\n"))];
    });
    lines.splice(block.line - 1, block.lines.length, ...fresh);
  }
  writeFileSync(join(root, document), lines.join("\n"));
}
