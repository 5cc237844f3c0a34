import { hostileCases } from "./hostile.cases.ts";

hostileCases("long");
