// Writes docs/api.md from the declarations that the build emits (dist/src/*.d.ts): every name of src/index.ts with its comment and
// its type. A test compares the two. TypeScript 7 has no compiler API, and declarations as emitted need none: one statement starts in
// the first column and ends at the next.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const declarations = resolve(dirname(fileURLToPath(import.meta.url)), "../dist/src");

/** Rooms of the library in the order in which people need them: folder, heading, what it is for. */
const rooms = [
  ["control", "Choosing and guarding thresholds"],
  ["exits", "What a network did: exit tables, losses, costs"],
  ["kernels", "From logits to exit tables"],
  ["io", "Threshold files"],
  ["stats", "Bounds and tests"],
  ["", "Errors and version"],
];

/** @returns the text of docs/api.md */
export function apiPage() {
  const names = exportedNames();
  const parts = rooms.flatMap(([folder, heading]) => {
    const here = names.filter(({ file }) => (file.includes("/") ? file.split("/")[0] : "") === folder);
    return [`## ${heading}`, ...here.flatMap(entryOf)];
  });
  const mentioned = mentionedTypes(names);
  if (mentioned.length > 0) {
    parts.push(
      "## Types that these names mention",
      "Not exported by name; TypeScript finds them through the names above.",
    );
    parts.push(...mentioned.flatMap(entryOf));
  }
  const count = names.length;
  return `${[
    "# API reference",
    `The ${count} names that \`import … from "eexit"\` offers, with their types and the comments of the sources; [As a library](library.md) shows
how they are put together. Written by \`node .ci/write-api.js\` after a build. Indices are zero-based in memory (\`exitIndex\`) and one-based
for people and files (\`exit\`); [statistics](statistics.md#symbols) has the symbols.`,
    ...parts,
  ].join("\n\n")}\n`;
}

/** Every name of the index with the declaration file that holds it, in order. */
function exportedNames() {
  const index = readFileSync(join(declarations, "index.d.ts"), "utf8");
  return [...index.matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/(.*)\.ts";$/gm)].flatMap(([, list, file]) =>
    list
      .split(",")
      .map((word) => word.trim().replace(/^type /, ""))
      .filter(Boolean)
      .map((name) => ({ name, file })),
  );
}

/** Types of the package that the declarations of these names use, and the types that those use, as far as they are not among them. */
function mentionedTypes(names) {
  const known = new Set(names.map(({ name }) => name));
  const found = [];
  for (const queue = [...names]; queue.length > 0; ) {
    const { name, file } = queue.shift();
    const { code } = declarationOf(name, file);
    const words = code.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/"[^"]*"/g, "");
    for (const [word] of words.matchAll(/\b[A-Z]\w+/g)) {
      const home = known.has(word) ? null : homeOf(word, file);
      if (home === null) continue;
      known.add(word);
      found.push({ name: word, file: home });
      queue.push(found.at(-1));
    }
  }
  return found.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** The declaration file of a type that a file declares or imports; null for types of the language. */
function homeOf(name, file) {
  const text = readFileSync(join(declarations, `${file}.d.ts`), "utf8");
  if (new RegExp(`^(?:export )?(?:declare )?(?:class|interface|type) ${name}\\b`, "m").test(text)) return file;
  for (const [, list, path] of text.matchAll(/^import (?:type )?\{([^}]*)\} from "(\..*)\.ts";$/gm)) {
    if (list.split(",").some((word) => word.trim().replace(/^type /, "") === name))
      return relative(declarations, resolve(dirname(join(declarations, file)), path));
  }
  return null;
}

function entryOf({ name, file }) {
  const { comment, code } = declarationOf(name, file);
  return [`### ${name}`, ...(comment === "" ? [] : [comment]), `\`\`\`typescript\n${code}\n\`\`\``];
}

/** The statement that declares a name, and the comment above it. */
function declarationOf(name, file) {
  const lines = readFileSync(join(declarations, `${file}.d.ts`), "utf8").split("\n");
  const starts = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:function|const|class|interface|type) ${name}\\b`,
  );
  const start = lines.findIndex((line) => starts.test(line));
  if (start < 0) throw new Error(`${file}.d.ts declares no ${name}`);
  let end = start + 1;
  while (end < lines.length && /^[\s})]/.test(lines[end])) end++;
  const code = lines
    .slice(start, end)
    .join("\n")
    .trimEnd()
    .replace(/^(export )?(declare )?/, "")
    .replaceAll("    ", "  ");
  return { comment: commentAbove(lines, start), code };
}

function commentAbove(lines, start) {
  if (!lines[start - 1]?.endsWith("*/")) return "";
  let first = start - 1;
  while (!lines[first].startsWith("/**")) first--;
  const text = lines
    .slice(first, start)
    .join("\n")
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/$/, "")
    .replace(/^ \*\s?/gm, "")
    .trim();
  return tagsAsList(escaped(text));
}

/** `@param x …`, `@returns …`, `@throws …`, `@see …`, `@example …` as a list after the prose. */
function tagsAsList(text) {
  const [prose, ...tags] = text.split(
    /\n(?=@(?:param|returns|throws|see|example)\b)|^(?=@(?:param|returns|throws|see|example)\b)/,
  );
  const items = tags.map((tag) => {
    const [, kind, rest] = /^@(\w+)\s+([\s\S]*)$/.exec(tag.trim());
    const words = rest.replace(/\n+/g, "\n  ");
    if (kind === "param") return `- ${words.replace(/^(\S+)\s*/, "`$1`: ")}`;
    if (kind === "example") return `- example: \`${words}\``;
    return `- ${kind}: ${words}`;
  });
  return [prose.trim(), items.join("\n")].filter(Boolean).join("\n\n");
}

/** Outside code, what Markdown would read as HTML or emphasis. */
function escaped(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2
        ? part
        : part
            .replace(/\{@link (\w+)\}/g, "$1")
            .replace(/[*_]/g, "\\$&")
            .replace(/</g, "&lt;"),
    )
    .join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync("docs/api.md", apiPage());
