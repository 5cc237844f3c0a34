import { hostileCases } from "./hostile.cases.ts";

hostileCases("fast");
