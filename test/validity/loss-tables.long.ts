import { lossTableCases } from "./loss-tables.cases.ts";

lossTableCases("long");
