import { EexitError } from "../errors.ts";
import { printable } from "./printable.ts";

export interface NpyHeader {
  /** numpy type string, e.g. `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The only words of the header: quoted strings without escapes, booleans, whole numbers (Python 2 wrote `3L`), marks. */
const word = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|(\d+)L?|([{}()[\],:]))/y;

type Word = { text: string } | { flag: boolean } | { number: number } | { mark: string };

/**
 * Reads the header of an NPY file, the text of a Python dict with the keys descr, fortran_order and shape.
 * A small strict grammar, since evaluating the text would run a stranger's code.
 * @throws EexitError `file-malformed`, or `type-unsupported` for a structured type
 */
export function parseNpyHeader(name: string, header: string): NpyHeader {
  const words = splitWords(name, header);
  let at = 0;
  const next = (): Word => {
    if (at === words.length) throw malformed(name, "ends early");
    return words[at++];
  };
  const isMark = (mark: string): boolean => isWord(words[at], mark);
  const expect = (mark: string): void => {
    if (!isWord(next(), mark)) throw malformed(name, `lacks "${mark}" at word ${at}`);
  };
  const fields = new Map<string, string | boolean | number[]>();
  expect("{");
  while (!isMark("}")) {
    const key = next();
    if (!("text" in key) || fields.has(key.text)) throw malformed(name, `has a bad or repeated key at word ${at}`);
    expect(":");
    fields.set(key.text, readValue(name, key.text, next, isMark, expect));
    if (!isMark("}")) expect(",");
  }
  expect("}");
  if (at < words.length) throw malformed(name, "goes on after its end");
  return checkedFields(name, fields);
}

function isWord(found: Word | undefined, mark: string): boolean {
  return found !== undefined && "mark" in found && found.mark === mark;
}

function splitWords(name: string, header: string): Word[] {
  const text = header.trimEnd();
  const words: Word[] = [];
  word.lastIndex = 0;
  while (word.lastIndex < text.length) {
    const at = word.lastIndex;
    const match = word.exec(text);
    if (!match) throw malformed(name, `cannot be read from "${printable(text.slice(at, at + 20))}" on`);
    const [, single, double, flag, digits, mark] = match;
    if (mark) words.push({ mark });
    else if (digits) words.push({ number: Number(digits) });
    else if (flag) words.push({ flag: flag === "True" });
    else words.push({ text: single ?? double });
  }
  return words;
}

function readValue(
  name: string,
  key: string,
  next: () => Word,
  isMark: (mark: string) => boolean,
  expect: (mark: string) => void,
): string | boolean | number[] {
  const first = next();
  if ("text" in first) return first.text;
  if ("flag" in first) return first.flag;
  if (key === "descr" && isWord(first, "[")) {
    throw new EexitError(
      "type-unsupported",
      `${name}: holds records (a structured dtype), expected one number per element`,
      "save each field as an array of its own: np.savez(path, logits=a['logits'], …)",
    );
  }
  if (!isWord(first, "(")) throw malformed(name, `has a bad value of ${printable(key)}`);
  const sizes: number[] = [];
  while (!isMark(")")) {
    const size = next();
    if (!("number" in size)) throw malformed(name, "has a shape that is not made of whole numbers");
    sizes.push(size.number);
    if (!isMark(")")) expect(",");
  }
  expect(")");
  return sizes;
}

function checkedFields(name: string, fields: ReadonlyMap<string, string | boolean | number[]>): NpyHeader {
  const descr = fields.get("descr");
  const fortranOrder = fields.get("fortran_order");
  const shape = fields.get("shape");
  if (fields.size !== 3 || typeof descr !== "string" || typeof fortranOrder !== "boolean" || !Array.isArray(shape))
    throw malformed(name, `has the keys ${printable([...fields.keys()].join(", "))}`);
  return { descr, fortranOrder, shape };
}

function malformed(name: string, what: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${name}: its NPY header ${what}, expected {'descr': …, 'fortran_order': …, 'shape': (…)}`,
    "write the file again with np.save",
  );
}
