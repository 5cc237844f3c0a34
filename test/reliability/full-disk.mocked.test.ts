import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createOutputFile } from "../../src/io/output.ts";
import { digits, scratchFolder } from "../support/scratch.ts";

/** Full and read-only disks: a real small one where the system lets us mount it, a pretended one everywhere. */

const fault = vi.hoisted(() => ({ call: "", code: "" }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const faulty = (name: "writeSync" | "fsyncSync" | "closeSync" | "renameSync" | "chmodSync") => {
    return (...args: unknown[]) => {
      if (fault.call === name) throw Object.assign(new Error(fault.code), { code: fault.code });
      return (fs[name] as (...args: unknown[]) => unknown)(...args);
    };
  };
  const names = ["writeSync", "fsyncSync", "closeSync", "renameSync", "chmodSync"] as const;
  return { ...fs, ...Object.fromEntries(names.map((name) => [name, faulty(name)])) };
});

const scratch = scratchFolder();
mkdirSync(scratch.path("out"));
afterEach(() => {
  fault.call = "";
});

test.each([
  ["writeSync", "ENOSPC", "the disk is full"],
  ["writeSync", "EDQUOT", "the disk quota is used up"],
  ["writeSync", "EIO", "the disk reports an error"],
  ["fsyncSync", "ENOSPC", "the disk is full"],
  ["closeSync", "EIO", "the disk reports an error"],
  ["chmodSync", "EPERM", "writing there is not permitted"],
  ["renameSync", "EACCES", "writing there is not permitted"],
] as const)("%s fails with %s: one line, the old file, no trace", (call, code, says) => {
  const path = scratch.write("out/a.json", "old");
  const write = () => {
    const file = createOutputFile(path, { overwrite: true });
    fault.call = call;
    fault.code = code;
    try {
      file.write(Buffer.from("new"));
      file.commit();
    } finally {
      file.abort();
    }
  };
  expect(write).toThrow(`${path}: cannot be written: ${says}`);
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(scratch.path("out"))).toEqual(["a.json"]);
});

test("a file system without fsync is no failure", () => {
  const path = scratch.path("out/a.json");
  const file = createOutputFile(path, { overwrite: true });
  [fault.call, fault.code] = ["fsyncSync", "EINVAL"];
  file.write(Buffer.from("new"));
  file.commit();
  expect(readFileSync(path, "utf8")).toBe("new");
});

const program = resolve("dist/bin/eexit.js");

/** Runs a shell script in a mount namespace of its own, with a file system of 64 KiB at $DISK; null where that is not allowed. */
function onSmallDisk(script: string): { status: number | null; stdout: string; stderr: string } | null {
  const setup = `mount -t tmpfs -o size=64k none "$DISK" || exit 99; echo old > "$DISK/t.json"; ${script}`;
  const { status, stdout, stderr } = spawnSync("unshare", ["-Urm", "sh", "-c", setup], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, DISK: scratch.path("out"), EEXIT: `${process.execPath} ${program}` },
  });
  return status === 99 || status === null || /unshare/.test(stderr ?? "") ? null : { status, stdout, stderr };
}

const possible = existsSync(program) && process.platform === "linux" && onSmallDisk("true") !== null;
if (!possible)
  process.stderr.write("test/reliability/full-disk.mocked.test.ts: no real small disk here (unshare -Urm, tmpfs)\n");

describe.skipIf(!possible)("a real disk of 64 KiB", () => {
  const score = `$EEXIT score ${digits("logits_cal.npy")} -o`;

  test("full: the old file stays, nothing else does", () => {
    const ended = onSmallDisk(`${score} "$DISK/t.json"; echo "status $?"; ls -A "$DISK"; cat "$DISK/t.json"`);
    expect(ended?.stdout).toBe("status 2\nt.json\nold\n");
    expect(ended?.stderr).toMatch(
      /t\.json: cannot be written: the disk is full\nhint: free some space or choose another disk\n$/,
    );
  });

  test("read-only: the old file stays", () => {
    const ended = onSmallDisk(
      `mount -o remount,ro "$DISK"; ${score} "$DISK/t.json"; echo "status $?"; cat "$DISK/t.json"`,
    );
    expect(ended?.stdout).toBe("status 2\nold\n");
    expect(ended?.stderr).toContain("the file system is read-only");
  });

  test("stdout on a full disk is status 2", () => {
    const ended = onSmallDisk(`${score} - > "$DISK/stdout"; echo "status $?"`);
    expect(ended?.stdout).toBe("status 2\n");
    expect(ended?.stderr).toContain("eexit: stdout: cannot be written (ENOSPC)");
  });
});
