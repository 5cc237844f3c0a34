import { killCases } from "./kill.cases.ts";

killCases("fast");
