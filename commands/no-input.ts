import { EexitError } from "../src/errors.ts";

/** No input and nothing to read: answered with the short help. */
export class NoInput extends EexitError {
  constructor() {
    super("bad-usage", "no input: expected files, quoted globs or - for stdin", "see the examples above");
  }
}
