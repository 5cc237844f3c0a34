import { denseCases } from "./dense.cases.ts";

denseCases("long");
