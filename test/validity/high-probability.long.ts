import { highProbabilityCases } from "./high-probability.cases.ts";

highProbabilityCases("long");
