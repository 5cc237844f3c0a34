/** Kept equal to package.json by a test; written into every file that eexit makes. */
export const tool = { name: "eexit", version: "0.1.0" } as const;
