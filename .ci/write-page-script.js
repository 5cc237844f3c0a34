// Writes src/report/html/page-script.ts from src/report/page/report-page.ts, with the hash that the page's policy names.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "eexit-page-"));
const { status } = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "src/report/page/tsconfig.json", "--outDir", folder],
  { stdio: "inherit" },
);
if (status !== 0) process.exit(status ?? 1);
// The marker keeps a module a module; a page's script is none.
const script = readFileSync(join(folder, "report-page.js"), "utf8").replace(/^export \{\};\n/m, "");
rmSync(folder, { recursive: true });
const hash = createHash("sha256").update(script).digest("base64");
const target = process.argv[2] ?? "src/report/html/page-script.ts";
writeFileSync(
  target,
  `// Written by .ci/write-page-script.js from src/report/page/report-page.ts: do not edit.
export const pageScript: string = ${JSON.stringify(script)};

/** SHA-256 of the script in base64, for the page's content security policy. */
export const pageScriptHash: string = ${JSON.stringify(hash)};
`,
);
