import { fuzzCases } from "./fuzz.cases.ts";

fuzzCases(300, 20261125, 2);
