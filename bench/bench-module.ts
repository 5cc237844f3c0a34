/** One section of bench/RESULTS.md. */
export interface BenchModule {
  /** Its title. */
  readonly name: string;
  /** Runs it and gives its Markdown, without the title. */
  run(bench: Bench): Promise<string>;
  /** Where the time went when somebody last looked, and which goals that misses; Markdown that ends the section. */
  readonly profile?: string;
}

/** What every benchmark is given. */
export interface Bench {
  /** A folder for files that are too large to keep; removed at the end. */
  readonly folder: string;
  /** The program as it is shipped: `["node", ".../dist/bin/eexit.js"]`. */
  readonly eexit: readonly string[];
  /** `python3` with numpy, or null: then the plain twins stand in. */
  readonly python: Python | null;
  /** Path of a script in bench/peers. */
  peer(name: string): string;
  /** Path of a compiled script in dist/bench. */
  script(name: string): string;
}

export interface Python {
  readonly numpy: string;
  /** Null where scipy is missing. */
  readonly scipy: string | null;
}
