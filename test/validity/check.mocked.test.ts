import { vi } from "vitest";
import { checkCases } from "./check.cases.ts";

// How many rows would decide is advice that no verdict depends on, and takes a thousand times as long as the verdict.
vi.mock("../../src/control/samples-to-decide.ts", () => ({ samplesToDecide: () => null }));

checkCases("fast");
