import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

// The house rules of docs/architecture.md as data. A broken rule fails with a sentence that says why it exists.

interface Room {
  readonly folder: string;
  /** Rooms that its files may import, besides its own. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  readonly node: boolean;
  /** What may not appear in its code, and why. */
  readonly forbidden?: readonly { readonly code: RegExp; readonly why: string }[];
}

const impure = {
  code: /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bperformance\.now\b/,
  why: "same input, same output",
};
const libm = { code: /\bMath\.(exp|log|pow|expm1|log1p)\b/, why: "thresholds must not depend on the engine's libm" };

const rooms: readonly Room[] = [
  { folder: "src/stats", rooms: [], packages: [], node: false, forbidden: [impure] },
  { folder: "src/exits", rooms: ["src/stats", "src/errors.ts"], packages: [], node: false, forbidden: [impure] },
  {
    folder: "src/kernels",
    rooms: ["src/stats", "src/exits", "src/errors.ts"],
    packages: [],
    node: false,
    forbidden: [impure, libm],
  },
  {
    folder: "src/control",
    rooms: ["src/stats", "src/exits", "src/errors.ts"],
    packages: [],
    node: false,
    forbidden: [impure],
  },
  {
    folder: "src/report",
    rooms: ["src/stats", "src/exits", "src/control", "src/errors.ts"],
    packages: ["d3-scale", "d3-shape"],
    node: false,
    forbidden: [impure],
  },
  {
    folder: "src/io",
    rooms: ["src/stats", "src/exits", "src/kernels", "src/control", "src/errors.ts", "src/version.ts"],
    packages: ["@resvg/resvg-wasm", "apache-arrow", "fzstd", "tinyglobby", "zod"],
    node: true,
  },
  {
    folder: "src/onnx",
    rooms: ["src/stats", "src/exits", "src/kernels", "src/control", "src/errors.ts", "src/version.ts"],
    packages: ["onnxruntime-node", "@bufbuild/protobuf"],
    node: true,
  },
  { folder: "src/errors.ts", rooms: [], packages: [], node: false },
  { folder: "src/version.ts", rooms: [], packages: [], node: false },
  { folder: "src/index.ts", rooms: ["src"], packages: [], node: false },
  { folder: "commands", rooms: ["src"], packages: ["commander", "chalk", "cli-progress"], node: true },
  { folder: "bin", rooms: ["commands"], packages: [], node: true },
  { folder: "bench", rooms: ["src", "commands"], packages: [], node: true },
];

interface Door {
  /** A file, or a folder ending in "/". */
  readonly place: string;
  /** Too slow or too large to load before it is needed: by `await import(…)`, or by a file that is itself loaded so. */
  readonly lazy: boolean;
}

const doorByPackage: Readonly<Record<string, Door>> = {
  "apache-arrow": { place: "src/io/arrow-door.ts", lazy: true },
  fzstd: { place: "src/io/arrow-codecs.ts", lazy: true },
  tinyglobby: { place: "src/io/expand-inputs.ts", lazy: true },
  zod: { place: "src/io/", lazy: true },
  "d3-scale": { place: "src/report/figure/place-figure.ts", lazy: true },
  "d3-shape": { place: "src/report/figure/place-figure.ts", lazy: true },
  "@resvg/resvg-wasm": { place: "src/io/png.ts", lazy: true },
  "onnxruntime-node": { place: "src/onnx/", lazy: true },
  "@bufbuild/protobuf": { place: "src/onnx/", lazy: false },
  commander: { place: "commands/", lazy: false },
  chalk: { place: "commands/paint.ts", lazy: true },
  "cli-progress": { place: "commands/", lazy: false },
};

const vagueNames = /^(utils?|helpers?|common|misc|shared|lib|stuff)$/;
const lineLimit = 300;
/** Written by protoc from src/onnx/proto/onnx.proto; nobody reads or edits it. */
const generated = new Set(["src/onnx/proto/onnx-pb.ts"]);

type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  readonly target: string;
  readonly kind: "static" | "lazy" | "type";
}

/** Every broken rule of the given files (path from the repository root → text) as one sentence. */
function violations(sources: Sources): string[] {
  const codes = new Map([...sources].map(([path, text]) => [path, withoutComments(text)]));
  const imports = [...codes].flatMap(([path, code]) => importsOf(path, code));
  return [
    ...imports.flatMap(layerViolation),
    ...imports.flatMap((i) => doorViolation(i, imports)),
    ...cycleViolations(imports),
    ...[...codes].flatMap(([path, code]) => forbiddenCode(path, code)),
    ...[...sources].flatMap(([path, text]) => fileViolations(path, text)),
  ];
}

/** Comments and template literals go (both may quote import statements); other strings stay, as specifiers are strings. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|`(?:[^`\\]|\\[\s\S])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, kept: string | undefined) => kept ?? "",
  );
}

function importsOf(path: string, code: string): Import[] {
  const found: Import[] = [];
  const clause = String.raw`(?:(?:(?!\b(?:import|export)\b)[\w$\s{},*])*?\bfrom\s*)?`;
  const statement = new RegExp(
    String.raw`^[ \t]*(?:import|export)\b\s*(type\b(?!\s*from\b))?\s*${clause}"([^"\n]+)"`,
    "gm",
  );
  for (const [, type, target] of code.matchAll(statement)) {
    found.push({ from: path, target: resolved(path, target!), kind: type === undefined ? "static" : "type" });
  }
  for (const [, query, target, member] of code.matchAll(/(typeof\s+)?\bimport\(\s*"([^"\n]+)"\s*\)(\.[A-Z])?/g)) {
    const kind = query === undefined && member === undefined ? "lazy" : "type";
    found.push({ from: path, target: resolved(path, target!), kind });
  }
  return found;
}

/** A relative specifier as a path from the root, `node:…` as it is, a package without its subpath. */
function resolved(path: string, target: string): string {
  if (target.startsWith(".")) return normalize(join(dirname(path), target)).replaceAll("\\", "/");
  if (target.startsWith("node:")) return target;
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

function isInside(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function roomOf(path: string): Room | undefined {
  return rooms.find((room) => isInside(path, room.folder));
}

function layerViolation({ from, target }: Import): string[] {
  const room = roomOf(from);
  if (room === undefined) return [`${from} belongs to no room of docs/architecture.md`];
  const refused = [`${from} imports ${target}, which ${room.folder} must not know`];
  if (target.startsWith("node:")) return room.node ? [] : refused;
  const known = [room.folder, ...room.rooms].some((place) => isInside(target, place));
  return known || room.packages.includes(target) ? [] : refused;
}

function doorViolation({ from, target, kind }: Import, imports: readonly Import[]): string[] {
  const door = doorByPackage[target];
  const known = roomOf(from)?.packages.includes(target) ?? false;
  if (door === undefined || !known || kind === "type") return [];
  const broken: string[] = [];
  const { place, lazy } = door;
  if (!(place.endsWith("/") ? from.startsWith(place) : from === place)) {
    broken.push(`${from} imports ${target}, whose one door is ${place}`);
  }
  const chain = lazy && kind === "static" ? chainFromStart(from, imports) : null;
  if (chain !== null) {
    broken.push(
      `${chain[0]} loads ${target} at start-up through ${chain[1] ?? "itself"}: one of them must use await import(…)`,
    );
  }
  return broken;
}

/** The start of a command, or a file that nothing loads lazily, from which static imports lead to the file; null if none. */
function chainFromStart(file: string, imports: readonly Import[]): string[] | null {
  const importers = imports.filter((i) => i.target === file && i.kind === "static");
  if (isInside(file, "commands") || (importers.length === 0 && !imports.some((i) => i.target === file))) return [file];
  for (const { from } of importers) {
    const chain = chainFromStart(from, imports);
    if (chain !== null) return [...chain, file];
  }
  return null;
}

/** Types count too: two files that need each other's types are one idea in two files. */
function cycleViolations(imports: readonly Import[]): string[] {
  const targetsByFile = new Map<string, string[]>();
  for (const { from, target } of imports) targetsByFile.set(from, [...(targetsByFile.get(from) ?? []), target]);
  const finished = new Set<string>();
  const broken: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) broken.push(`circular import: ${[...trail.slice(start), file].join(" → ")}`);
    if (start !== -1 || finished.has(file)) return;
    for (const target of targetsByFile.get(file) ?? []) visit(target, [...trail, file]);
    finished.add(file);
  };
  for (const file of targetsByFile.keys()) visit(file, []);
  return broken;
}

function forbiddenCode(path: string, code: string): string[] {
  return (roomOf(path)?.forbidden ?? []).flatMap((rule) => {
    const found = rule.code.exec(code);
    return found === null ? [] : [`${path} uses ${found[0]}: ${rule.why}`];
  });
}

function fileViolations(path: string, text: string): string[] {
  const broken: string[] = [];
  const vague = path.split("/").find((part) => vagueNames.test(part.replace(/\.ts$/, "")));
  if (vague !== undefined) broken.push(`${path}: "${vague}" names no idea; a thing without a home is a missing word`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(path))) broken.push(`${path}: file names are kebab-case`);
  if (basename(path) === "index.ts" && path !== "src/index.ts") {
    broken.push(`${path}: no barrels, import the file that defines the name`);
  }
  const lineCount = text.trimEnd().split("\n").length;
  if (lineCount > lineLimit && !generated.has(path))
    broken.push(`${path} has ${lineCount} lines, at most ${lineLimit}: a file is one idea`);
  return broken;
}

function readSources(): Sources {
  const root = join(import.meta.dirname, "..");
  const paths = ["src", "commands", "bin", "bench"].flatMap((folder) => {
    const names = folderNames(root);
    if (!names.includes(folder)) return [];
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
  });
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function folderNames(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

test("the sources follow the house rules", () => {
  const sources = readSources();
  expect(sources.size).toBeGreaterThan(10);
  expect(violations(sources)).toEqual([]);
});

test.each([
  ["src/stats/x.ts", 'import chalk from "chalk";', "src/stats/x.ts imports chalk, which src/stats must not know"],
  [
    "src/stats/x.ts",
    'import type { A } from "../exits/types.ts";',
    "imports src/exits/types.ts, which src/stats must not",
  ],
  ["src/exits/x.ts", 'import { readFileSync } from "node:fs";', "imports node:fs, which src/exits must not know"],
  ["src/control/x.ts", 'export { a } from "../io/npy.ts";', "imports src/io/npy.ts, which src/control must not know"],
  ["src/report/x.ts", 'import {\n  a,\n  b,\n} from "../../commands/a.ts";', "imports commands/a.ts, which src/report"],
  ["src/io/x.ts", 'const a = await import("left-pad");', "src/io/x.ts imports left-pad, which src/io must not know"],
  ["src/io/x.ts", 'const a = await import("apache-arrow");', "whose one door is src/io/arrow-door.ts"],
  ["src/onnx/x.ts", 'import "zod";', "src/onnx/x.ts imports zod, which src/onnx must not know"],
  ["src/control/x.ts", "const now = Date.now();", "src/control/x.ts uses Date.now: same input, same output"],
  ["src/kernels/x.ts", "const e = Math.exp(1);", "uses Math.exp: thresholds must not depend on the engine's libm"],
  ["src/io/utils/x.ts", "", '"utils" names no idea'],
  ["commands/helpers.ts", "", '"helpers.ts" names no idea'],
  ["src/io/readNpy.ts", "", "file names are kebab-case"],
  ["src/io/index.ts", "", "no barrels"],
  ["src/io/x.ts", "\n".repeat(300).replaceAll("\n", "a;\n").concat("b;"), "has 301 lines, at most 300"],
  ["src/io/x.ts", 'import { x } from "./x.ts";', "circular import: src/io/x.ts → src/io/x.ts"],
])("%s is caught (case %#)", (path, text, sentence) => {
  const found = violations(new Map([[path, text]]));
  expect(found).toEqual([expect.stringContaining(sentence)]);
});

test("longer cycles and heavy packages at start-up are caught", () => {
  const cycle = new Map([
    ["src/io/a.ts", 'import { b } from "./b.ts";'],
    ["src/io/b.ts", 'import type { a } from "./a.ts";'],
  ]);
  expect(violations(cycle)).toEqual(["circular import: src/io/a.ts → src/io/b.ts → src/io/a.ts"]);
  const heavy = new Map([
    ["src/io/threshold-schema.ts", 'import { z } from "zod";'],
    ["src/io/a.ts", 'const schema = await import("./threshold-schema.ts");'],
  ]);
  expect(violations(heavy)).toEqual([]);
  heavy.set("src/io/b.ts", 'export { schema } from "./threshold-schema.ts";');
  expect(violations(heavy)).toEqual([
    "src/io/b.ts loads zod at start-up through src/io/threshold-schema.ts: one of them must use await import(…)",
  ]);
});

test("comments, strings, types and lazy imports through the door pass", () => {
  const fine = new Map([
    [
      "src/stats/a.ts",
      '/** import { x } from "eexit" */\n// import "chalk";\nexport const a = "**/*.ts", b = `import "c"`;',
    ],
    ["src/io/a.ts", 'import type * as arrow from "apache-arrow";\ntype A = typeof import("apache-arrow");'],
    ["src/io/arrow-door.ts", 'export const door = () => import("apache-arrow");'],
    ["commands/a.ts", 'import { Command } from "commander";\nimport { x } from "../src/io/a.ts";'],
  ]);
  expect(violations(fine)).toEqual([]);
});
