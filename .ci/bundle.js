// Bundles the command line in place: dist/bin/eexit.js with a chunk for each part that is loaded only when it is needed, as CommonJS,
// which Node starts 30 ms sooner than ES modules; and each worker's file (a thread or a process) as one. The loose files stay for
// the library, the benchmarks and whatever looks itself up in dist/.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";

const dist = resolve("dist");
const program = "bin/eexit.js";
const workers = ["commands/trial-worker.js", "commands/infer-worker.js", "commands/bench-worker.js"].filter((path) =>
  existsSync(join(dist, path)),
);
/**
 * commander asks for child_process only to start subcommands that are programs of their own, which eexit has none of. Loading it
 * costs 5 ms, so it waits until it is used.
 */
const startsPrograms = (id, importer) => id === "node:child_process" && /commander/.test(importer ?? "");
const noPrograms = {
  name: "no-programs",
  resolveId: (id, importer) => (startsPrograms(id, importer) ? "\0programs" : null),
  load: (id) =>
    id === "\0programs" ? 'exports.spawn = (...words) => require("node:child_process").spawn(...words);' : null,
};

/** Node's own, or native and large: stays outside. */
const external = (id, importer) => /^(node:|onnxruntime-node)/.test(id) && !startsPrograms(id, importer);

/** A file that looks for its neighbours by import.meta.url finds them from a chunk in `folder`, too. */
const ownAddress = (folder) => ({
  name: "own-address",
  transform(code, id) {
    if (!id.startsWith(dist) || !code.includes("import.meta.url")) return null;
    const path = relative(folder, id).replaceAll("\\", "/");
    const own = `new URL(${JSON.stringify(path.startsWith(".") ? path : `./${path}`)}, import.meta.url).href`;
    return code.replaceAll("import.meta.url", own);
  },
});

/**
 * ε and other letters as escapes, which mean the same in strings, templates and regular expressions: V8 holds and reads a file of
 * nothing but ASCII as one byte per character.
 */
const inAscii = (code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

async function bundle(path, output) {
  const folder = dirname(join(dist, path));
  const build = await rolldown({
    input: join(dist, path),
    platform: "node",
    external,
    plugins: [ownAddress(folder), noPrograms],
    logLevel: "warn",
    checks: { pluginTimings: false },
  });
  // Written only after everything was read: the output replaces its own input.
  const { output: chunks } = await build.generate({
    dir: folder,
    format: "esm",
    comments: { legal: true },
    // A third less to read and compile; names stay, so that a stack under --debug says something.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    ...output,
  });
  await build.close();
  for (const chunk of chunks)
    if (chunk.type === "chunk") writeFileSync(join(folder, chunk.fileName), inAscii(chunk.code));
  return chunks.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules ?? {}) : []));
}

/** A package is a chunk of its own, so that a test sees what a command loads; what packages share goes with the first. */
const packageOf = (id) =>
  /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1].replace("@", "").replace(/[\\/]/g, "-") ?? null;
/**
 * Each file costs about 0.4 ms to find, read and compile, and each kilobyte some 30 µs. So what every start needs is in the entry,
 * and what is nearly always loaded together is one chunk, where rolldown would make one of each set of sharers.
 */
const commandChunks = {
  groups: [
    { test: /node_modules/, name: (id) => `package-${packageOf(id)}` },
    { tags: ["$initial"], name: "program" },
    {
      name: "numbers",
      test: /dist.src.(control.(decide|minimum-samples)|stats.\w[\w-]*|exits.(exit-table|loss-kinds|confidence))\.js/,
    },
    {
      name: "command",
      test: /dist.commands.(new-command|config-file|input-options|statistics-options|parse-values)\.js|dist.src.(report.(csv|text|json|markdown)|io.sha256)\.js/,
    },
    // in this order, since a group takes along what it needs: files to an exit table, images to one, a table that is one already;
    // then an exit table to thresholds
    {
      name: "data",
      test: /dist.(src.io.(read-inputs|table-metadata|derived-source)|commands.(keep-inputs|progress|costs-option))\.js/,
    },
    { name: "dense", test: /dist.src.io.(dense-inputs|score-images)\.js/ },
    { name: "table", test: /dist.src.io.table-part\.js/ },
    {
      name: "problem",
      test: /dist.(commands.load-problem|src.control.(sweep|guarantee)|src.exits.network-summary)\.js/,
    },
    { name: "document", test: /dist.src.report.(calibration-document|panels.sweep-panels)\.js/ },
  ],
};

const modules = [];
for (const path of workers) modules.push(...(await bundle(path, { codeSplitting: false })));
// a scoring thread starts while the others score already: as little as possible, as CommonJS, and formats when they come
modules.push(
  ...(await bundle("src/io/score-worker.js", {
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "score-worker-[name].cjs",
  })),
);
const names = { entryFileNames: "[name].js", chunkFileNames: "[name].js" };
modules.push(...(await bundle(program, { ...names, format: "cjs", codeSplitting: commandChunks })));
writeFileSync(join(dist, "bin/package.json"), '{ "type": "commonjs" }\n');
rmSync(join(dist, "bin/eexit.d.ts"), { force: true });

/** The licences of the packages whose code is in the bundle go with it. */
const folders = new Set(modules.flatMap((id) => /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []));
const notices = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const text = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE"]
    .map((file) => join(folder, file))
    .find(existsSync);
  return `${name} ${version} (${license})\n\n${text ? readFileSync(text, "utf8").trim() : ""}\n`;
});
writeFileSync(join(dist, "bin/THIRD-PARTY.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
