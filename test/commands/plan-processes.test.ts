import { expect, test } from "vitest";
import { planBench, planProcesses } from "../../commands/plan-processes.ts";
import type { StageModels } from "../../src/onnx/run/staged-network.ts";

const options = { threads: 4, provider: "cpu" };

/** 50 million multiply-accumulates and 32 kB between stages. */
function models(weightBytes = 1e6): StageModels {
  const live = [{ name: "h", type: "float32", shape: [null, 32, 16, 16], axis: 0 }] as const;
  const stage = { name: "s", bytes: () => new Uint8Array(), exit: "e", confidence: null, reads: [] };
  return {
    name: "m",
    inputs: [],
    exits: ["e1", "e2"],
    exitShape: [10],
    stages: [
      { ...stage, live },
      { ...stage, live: [] },
    ],
    macs: [25e6, 50e6],
    sha256: null,
    weightBytes,
    forget() {},
  };
}

const rows = (rowCount: number, shareable = true) => ({
  rowCount,
  shareable,
  batchCount: (size: number) => Math.ceil(rowCount / size),
});

function planned(rowCount: number, flags = {}, given: Partial<typeof options> = {}, weightBytes = 1e6) {
  const { processCount, threadsEach } = planProcesses(
    flags,
    { ...options, ...given },
    models(weightBytes),
    64,
    rows(rowCount),
    () => {},
  );
  return [processCount, threadsEach];
}

test("long inputs are shared by as many processes as there are threads", () => {
  expect(planned(100_000)).toEqual([4, 1]);
  expect(planned(100_000, {}, { threads: 1 })).toEqual([1, 1]);
});

test("short inputs, little memory, large weights and other providers are left to the operators' threads", () => {
  expect(planned(1000)).toEqual([1, 4]);
  expect(planned(20_000, {}, { threads: 128 })).toEqual([60, 2]);
  expect(planned(100_000, {}, {}, 5e8)).toEqual([2, 2]);
  expect(planned(100_000, {}, {}, 2e9)).toEqual([1, 4]);
  expect(planned(100_000, {}, { provider: "cuda" })).toEqual([1, 4]);
});

test("--processes decides, as far as there are batches", () => {
  expect(planned(1000, { processes: "2" })).toEqual([2, 2]);
  expect(planned(100, { processes: "8" })).toEqual([2, 2]);
  expect(planned(100_000, { processes: "1" })).toEqual([1, 4]);
  expect(planned(100_000, { processes: "8" })).toEqual([8, 1]);
});

test("rows that only one process can read are said where processes were asked for", () => {
  const said: string[] = [];
  for (const flags of [{}, { processes: "2" }]) {
    const plan = planProcesses(flags, options, models(), 64, rows(100_000, false), (note) => said.push(note));
    expect(plan).toEqual({ processCount: 1, threadsEach: 4 });
  }
  expect(said).toHaveLength(1);
});

test("a measurement takes as many as memory allows", () => {
  expect(planBench({}, options, models(), 128)).toEqual({ processCount: 4, threadsEach: 1 });
  expect(planBench({}, options, models(2e8), 128)).toEqual({ processCount: 1, threadsEach: 4 });
  expect(planBench({ processes: "2" }, options, models(2e8), 128)).toEqual({ processCount: 2, threadsEach: 2 });
});
