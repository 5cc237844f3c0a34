import { mkdirSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder();

afterEach(() => {
  vi.doUnmock("onnxruntime-node");
  vi.resetModules();
});

async function doctor(options: { env?: Record<string, string>; cwd?: string } = {}) {
  const { status, stdout } = await runCli(["doctor", "--format", "json"], { cwd: scratch.path("."), ...options });
  const answer = JSON.parse(stdout);
  const found = new Map<string, { status: string; found: string; advice: string | null }>(
    answer.examinations.map((each: { name: string }) => [each.name, each]),
  );
  return { status, answer, found };
}

function folderWith(name: string, config: string): string {
  mkdirSync(scratch.path(name));
  scratch.write(`${name}/eexit.config.json`, config);
  return scratch.path(name);
}

describe("eexit doctor", () => {
  it("tries everything and says so", async () => {
    const { status, answer, found } = await doctor();
    expect(answer).toMatchObject({ format: "eexit-doctor", version: 1, ok: true });
    expect(status).toBe(0);
    expect([...found.keys()]).toEqual([
      ...["eexit", "Node", "machine", "onnxruntime-node", "apache-arrow", "zod", "SIMD WebAssembly", "threads"],
      ...["temporary folder", "colour", "config file"],
    ]);
    expect(found.get("Node")?.found).toBe(process.versions.node);
    expect(found.get("onnxruntime-node")?.found).toMatch(/^\d+\.\d+\.\d+, loads and runs a model$/);
    expect(found.get("apache-arrow")?.found).toMatch(/^\d+\.\d+\.\d+, loads and writes a file$/);
    expect(found.get("config file")).toMatchObject({ status: "note" });
  });

  it("tells what decides about colour", async () => {
    const found = async (env: Record<string, string>) => (await doctor({ env })).found.get("colour")?.found;
    expect(await found({})).toBe("off: stdout is no terminal");
    expect(await found({ NO_COLOR: "1" })).toBe("off: NO_COLOR is set");
    expect(await found({ NO_COLOR: "1", FORCE_COLOR: "1" })).toBe("on: FORCE_COLOR is set");
    expect(await found({ FORCE_COLOR: "0" })).toBe("off: FORCE_COLOR is 0");
    expect(await found({ TERM: "dumb" })).toBe("off: TERM is dumb");
  });

  it("counts the settings of a config file, in sections too", async () => {
    const cwd = folderWith("good", '{ "delta": 0.05, "sweep": { "trials": 10, "no-shuffle": true } }');
    expect((await doctor({ cwd })).found.get("config file")).toMatchObject({
      status: "ok",
      found: expect.stringContaining("3 settings"),
    });
  });

  it.each([
    ["no JSON", "{", "not JSON"],
    ["an unknown key", '{ "sweep": { "epslon": 1 } }', "epslon is no option"],
  ])("a config file with %s fails, status 1", async (name, config, says) => {
    const { status, answer, found } = await doctor({ cwd: folderWith(name, config) });
    expect([status, answer.ok]).toEqual([1, false]);
    expect(found.get("config file")).toMatchObject({ status: "failed", found: expect.stringContaining(says) });
    expect(found.get("config file")?.advice).toBeTruthy();
  });

  it("a count of threads that is none fails", async () => {
    const { status, found } = await doctor({ env: { EEXIT_THREADS: "many" } });
    expect(status).toBe(1);
    expect(found.get("threads")).toMatchObject({ status: "failed", found: "EEXIT_THREADS is many, expected a count" });
    expect((await doctor({ env: { EEXIT_THREADS: "2" } })).found.get("threads")?.found).toContain("models run on 2");
  });

  it("without onnxruntime-node says what does not work, and tries the rest", async () => {
    vi.doMock("onnxruntime-node", () => {
      throw new Error("Cannot find package 'onnxruntime-node'");
    });
    vi.resetModules();
    const { run } = await import("../../commands/program.ts");
    const { Readable, Writable } = await import("node:stream");
    let text = "";
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        text += chunk;
        done();
      },
    });
    const terminal = { stdin: Readable.from([]), stdout, stderr: stdout, env: {}, cwd: scratch.path(".") };
    expect(await run(["doctor"], terminal)).toBe(1);
    expect(text).toContain("eexit doctor: onnxruntime-node failed");
    expect(text).toContain("all others do");
    expect(text).toMatch(/caution \(onnxruntime-node\): install it beside eexit/);
    expect(text).toMatch(/config file +note/);
  });
});
