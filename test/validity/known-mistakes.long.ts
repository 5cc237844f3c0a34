import { knownMistakesCases } from "./known-mistakes.cases.ts";

knownMistakesCases("long");
