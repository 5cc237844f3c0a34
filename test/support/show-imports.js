// `node --import <this file> program …` writes `import <file>` and `require <file>` to stderr for each file of a package and each
// chunk of the bundled program that is loaded. Node's own loader calls the hooks, so neither a lazy nor a nested import escapes.
import Module, { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from "node:fs";
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      if (/\\/(node_modules|dist)\\//.test(found.url)) writeSync(2, "import " + found.url + "\\n");
      return found;
    }
  `)}`,
);
const resolve = Module._resolveFilename;
Module._resolveFilename = function (...args) {
  const found = resolve.apply(this, args);
  if (/\/(node_modules|dist)\//.test(found)) process.stderr.write(`require ${found}\n`);
  return found;
};
