import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { commandList, plannedCommands } from "../commands/command-list.ts";
import { helpTopics } from "../commands/help-topics.ts";
import { Session } from "../commands/session.ts";
import { consoleCommands, fencedBlocks } from "./support/console-blocks.ts";

/** What the documents name exists, and what exists is documented. */
const root = resolve(import.meta.dirname, "..");
const guides = ["README.md", ...markdownIn("docs")];
const pages = [...guides, "CHANGELOG.md", "CONTRIBUTING.md", "sample-data/README.md", ...markdownIn("docs/decisions")];

describe("links", () => {
  it.each(pages)("%s points to what exists", (page) => {
    for (const [, target] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split("#");
      const file = path === "" ? join(root, page) : join(root, dirname(page), path.replace(/\/$/, ""));
      expect(readdirSync(dirname(file)), `${page}: ${target}`).toContain(file.split("/").at(-1));
      if (anchor) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor);
    }
  });
});

test("docs/architecture.md lists every decision", () => {
  for (const page of markdownIn("docs/decisions"))
    expect(text("docs/architecture.md")).toContain(`(decisions/${page.split("/").at(-1)})`);
});

describe("options", () => {
  it.each(commandList.map(({ name }) => name))("docs/cli.md shows the long help of %s", async (name) => {
    expect(text("docs/cli.md")).toContain(`$ eexit ${name} --help\n`);
  });

  it.each(guides)("%s names only options and commands that exist", async (page) => {
    const known = await optionsOfAll();
    for (const [, code] of prose(page).matchAll(/`([^`\n]+)`/g)) {
      if (/^(npm|node|npx|pip|EEXIT_)/.test(code)) continue;
      for (const [, option] of code.matchAll(/(?:^|[\s|])(--[a-z][a-z-]*)/g))
        expect(known, `${page}: ${code}`).toContain(option);
    }
    for (const [, command] of withoutOutput(page).matchAll(/(?:^|[`$|] ?)eexit ([a-z][\w-]*)/gm)) {
      expect(knownCommands, `${page}: eexit ${command}`).toContain(command);
    }
  });
});

const knownCommands = [...commandList.map(({ name }) => name), ...Object.keys(plannedCommands), "help"];

async function optionsOfAll(): Promise<string[]> {
  const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const session = new Session({ stdin: Readable.from([]), stdout: silent(), stderr: silent(), env: {} });
  const commands = await Promise.all(commandList.map(async ({ load }) => (await load())(session)));
  const plural = ["--risks", "--confidences", "--methods", "--epsilons"];
  const named = commands.flatMap(({ options }) => options.map(({ long, short }) => long ?? (short as string)));
  return [...named, ...plural, "--version", "--man"];
}

it("every topic of eexit help is shown in docs/cli.md", () => {
  for (const topic of Object.keys(helpTopics)) expect(text("docs/cli.md")).toContain(`$ eexit help ${topic}\n`);
});

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);
}

function text(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** With what is typed in console blocks, without what is answered. */
function withoutOutput(page: string): string {
  const blocks = fencedBlocks(text(page)).map((block) =>
    block.language === "console" ? consoleCommands(block).flatMap(({ source }) => source) : block.lines,
  );
  return [prose(page), ...blocks.flat()].join("\n");
}

/** Without fenced blocks. */
function prose(page: string): string {
  return text(page).replace(/^```.*?^```/gms, "");
}

/** Anchors as GitHub makes them from headings. */
function anchorsOf(file: string): string[] {
  return readFileSync(file, "utf8")
    .replace(/^```.*?^```/gms, "")
    .split("\n")
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );
}
