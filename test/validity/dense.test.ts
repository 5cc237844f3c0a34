import { denseCases } from "./dense.cases.ts";

denseCases("fast");
