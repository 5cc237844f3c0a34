// `node --import <this file> program …` writes `import <specifier>` and `require <specifier>` to stderr for each package that is
// loaded. Node's own loader calls the hooks, so neither a lazy nor a nested import escapes.
import Module, { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from "node:fs";
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      if (found.url.includes("/node_modules/")) writeSync(2, "import " + found.url + "\\n");
      return found;
    }
  `)}`,
);
const resolve = Module._resolveFilename;
Module._resolveFilename = function (...args) {
  const found = resolve.apply(this, args);
  if (found.includes("/node_modules/")) process.stderr.write(`require ${found}\n`);
  return found;
};
