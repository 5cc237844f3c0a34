import { fuzzCases } from "./fuzz.cases.ts";

fuzzCases(100_000, 1, 1);
