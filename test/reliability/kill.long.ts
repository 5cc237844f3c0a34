import { killCases } from "./kill.cases.ts";

killCases("long");
