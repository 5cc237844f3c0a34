// Writes schema/threshold.schema.json from the schema that the readers use; a test compares the two.
import { mkdirSync, writeFileSync } from "node:fs";
import { thresholdJsonSchema } from "../dist/src/io/threshold-schema.js";

mkdirSync("schema", { recursive: true });
writeFileSync("schema/threshold.schema.json", `${JSON.stringify(thresholdJsonSchema(), null, 2)}\n`);
