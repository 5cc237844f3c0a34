import { onAverageCases } from "./on-average.cases.ts";

onAverageCases("long");
