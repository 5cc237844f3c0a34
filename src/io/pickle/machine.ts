import { EexitError } from "../../errors.ts";
import type { ByteSource } from "../byte-source.ts";
import { printable } from "../printable.ts";
import { ByteCursor } from "./cursor.ts";
import type { PickleConstructor, PickleStorage, PickleValue } from "./values.ts";

/** What a pickle may name, by `module.name`. */
export type PickleGlobals = ReadonlyMap<string, PickleConstructor | PickleStorage>;

/** An array pickle takes about 40 operations; lists of numbers take one each. Bounds stack, memo and time alike. */
const mostOperations = 5_000_000;

/** One byte of a pickle makes a list of a hundred bytes. Nested lists of numbers hold a few numbers each. */
const mostContainers = 1_000_000;

/**
 * The stack machine that a pickle is a program for. It can build plain data and call the constructors it was given;
 * no name is ever looked up anywhere else and nothing is imported or executed.
 */
export class PickleMachine {
  readonly cursor: ByteCursor;
  readonly memo = new Map<number, PickleValue>();
  private readonly globals: PickleGlobals;
  private readonly loadPersistent: ((id: PickleValue) => PickleValue) | null;
  private readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private operationCount = 0;
  private containerCount = 0;

  constructor(source: ByteSource, globals: PickleGlobals, loadPersistent: ((id: PickleValue) => PickleValue) | null) {
    this.cursor = new ByteCursor(source);
    this.globals = globals;
    this.loadPersistent = loadPersistent;
  }

  get file(): string {
    return this.cursor.source.name;
  }

  /** The next operation's code; the number of operations is limited. */
  nextOperation(): number {
    this.operationCount++;
    if (this.operationCount > mostOperations) {
      const message = `${this.file}: takes more than ${mostOperations} pickle operations, expected arrays`;
      throw new EexitError("file-malformed", message, "save numpy arrays, not nested Python lists: np.savez(path, …)");
    }
    return this.cursor.byte();
  }

  push(value: PickleValue): void {
    const isNew = typeof value === "object" && value !== null && ("items" in value || "entries" in value);
    if (isNew && ++this.containerCount > mostContainers) {
      const message = `${this.file}: makes more than ${mostContainers} lists, tuples and dicts, expected arrays`;
      throw new EexitError("file-malformed", message, "save numpy arrays, not nested Python lists: np.savez(path, …)");
    }
    this.stack.push(value);
  }

  pop(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.malformed("takes from an empty stack");
    return this.stack.pop() as PickleValue;
  }

  top(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.malformed("looks at an empty stack");
    return this.stack.at(-1) as PickleValue;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** Everything above the last mark, which is taken away too. */
  popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.malformed("lacks a mark");
    return this.stack.splice(mark);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.malformed(`recalls the unknown value ${index}`);
    this.push(value);
  }

  /** A named global: allowed, or refused at once by its name. */
  resolve(name: string): PickleConstructor | PickleStorage {
    const found = this.globals.get(name);
    if (found) return found;
    throw this.refused(`holds the global ${printable(name)}, expected only numpy or torch arrays`);
  }

  call(callee: PickleValue, args: PickleValue): void {
    if (typeof callee !== "object" || callee?.kind !== "constructor")
      throw this.malformed("calls what is no constructor");
    if (typeof args !== "object" || args?.kind !== "tuple") throw this.malformed("calls without a tuple of arguments");
    this.push(callee.call(args.items, this.file));
  }

  persistent(id: PickleValue): void {
    if (!this.loadPersistent)
      throw this.refused("refers to data outside the file (a persistent id), expected only numpy or torch arrays");
    this.push(this.loadPersistent(id));
  }

  refused(what: string): EexitError {
    const hint = "nothing was executed; save the arrays alone, e.g. np.savez(path, logits=…, labels=…)";
    return new EexitError("pickle-refused", `${this.file}: ${what}`, hint);
  }

  malformed(what: string): EexitError {
    const message = `${this.file}: ${what} at byte ${this.cursor.position}, expected a valid pickle`;
    return new EexitError("file-malformed", message, "copy or write the file again");
  }
}
