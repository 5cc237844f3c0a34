import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentShell } from "../support/document-shell.ts";
import { runCli } from "../support/run-cli.ts";

/** The examples that help shows can be typed as they stand, in a folder with sample-data, a signed threshold.json and pub.pem. */
const commands = ["inspect", "explain", "plan", "report", "verify", "demo"];
const started = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "eexit-examples-"));

beforeAll(async () => {
  cpSync(resolve(import.meta.dirname, "../../sample-data/digits"), join(folder, "sample-data/digits"), {
    recursive: true,
  });
  cpSync(resolve(import.meta.dirname, "../../sample-data/loss-table"), join(folder, "sample-data/loss-table"), {
    recursive: true,
  });
  process.chdir(folder);
  const labelled = ["sample-data/digits/logits_cal.npy", "--labels", "sample-data/digits/labels_cal.npy"];
  const shell = new DocumentShell();
  await shell.run("openssl genpkey -algorithm ed25519 -out key.pem");
  await shell.run("openssl pkey -in key.pem -pubout -out pub.pem");
  await runCli(["calibrate", ...labelled, "-e", "0.05", "-o", "threshold.json", "--sign", "key.pem"]);
});

afterAll(() => {
  process.chdir(started);
  rmSync(folder, { recursive: true });
});

describe.each(commands)("eexit %s --help", (command) => {
  it("shows two or three examples first, and they work", async () => {
    const { status, stdout } = await runCli([command, "--help"]);
    expect(status).toBe(0);
    const [, usage, examples] = stdout.split("\n\n");
    expect(usage).toMatch(new RegExp(`^Usage: eexit ${command}`));
    const lines = examples.split("\n").slice(1);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) {
      const { status: ended, text } = await new DocumentShell().run(line.trim());
      expect(ended, `${line}: ${text}`).toBe(0);
      expect(text).not.toBe("");
    }
  });
});
