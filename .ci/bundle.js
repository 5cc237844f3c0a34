// Bundles the command line in place: dist/bin/eexit.js with a chunk for each part that is loaded only when it is needed, and each
// worker thread's file as one. The loose files stay for the library, the benchmarks and whatever looks itself up in dist/.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";

const dist = resolve("dist");
const program = "bin/eexit.js";
const workers = ["commands/trial-worker.js", "src/io/score-worker.js"].filter((path) => existsSync(join(dist, path)));
/** Native, large, or loaded by path: stays a package. */
const external = [/^node:/, /^onnxruntime-node/];

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

async function bundle(path, output) {
  const folder = dirname(join(dist, path));
  const build = await rolldown({
    input: join(dist, path),
    platform: "node",
    external,
    plugins: [ownAddress(folder)],
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
  for (const chunk of chunks) if (chunk.type === "chunk") writeFileSync(join(folder, chunk.fileName), chunk.code);
  return chunks.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules ?? {}) : []));
}

/** A package is a chunk of its own, so that a test sees what a command loads; what packages share goes with the first. */
const packageOf = (id) =>
  /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1].replace("@", "").replace(/[\\/]/g, "-") ?? null;
const packageChunks = { groups: [{ test: /node_modules/, name: (id) => `package-${packageOf(id)}` }] };

const modules = [];
for (const path of workers) modules.push(...(await bundle(path, { codeSplitting: false })));
const names = { entryFileNames: "[name].js", chunkFileNames: "[name].js" };
modules.push(...(await bundle(program, { ...names, codeSplitting: packageChunks })));
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
