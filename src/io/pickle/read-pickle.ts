import type { ByteSource } from "../byte-source.ts";
import { type PickleGlobals, PickleMachine } from "./machine.ts";
import { operations, refuse, refusedOperations } from "./operations.ts";
import type { PickleValue } from "./values.ts";

const stop = 0x2e;
const highestProtocol = 5;

/**
 * Runs a pickle on the restricted machine up to its STOP and returns the value it builds.
 * @param globals the constructors that it may name; any other name is refused where it stands
 * @param loadPersistent resolves persistent ids (torch archives); null refuses them
 * @throws EexitError `pickle-refused`, `file-malformed`, `file-truncated` or `type-unsupported`
 */
export function readPickle(
  source: ByteSource,
  globals: PickleGlobals,
  loadPersistent: ((id: PickleValue) => PickleValue) | null = null,
): PickleValue {
  return readPickleAt(source, 0, globals, loadPersistent).value;
}

/** The same for one of several pickles that follow each other: it begins at a byte, and `end` is where the next may. */
export function readPickleAt(
  source: ByteSource,
  begin: number,
  globals: PickleGlobals,
  loadPersistent: ((id: PickleValue) => PickleValue) | null,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new PickleMachine(source, globals, loadPersistent);
  machine.cursor.position = begin;
  const start = source.read(begin, Math.min(2, source.size - begin));
  if (start[0] === 0x80 && start[1] > highestProtocol)
    throw machine.malformed(`has pickle protocol ${start[1]} (2 to ${highestProtocol} are read)`);
  for (let code = machine.nextOperation(); code !== stop; code = machine.nextOperation()) {
    const operation = operations.get(code);
    if (operation) operation(machine);
    else {
      const name = refusedOperations.get(code);
      if (name) refuse(machine, name);
      throw machine.malformed(`has the unknown operation 0x${code.toString(16).padStart(2, "0")}`);
    }
  }
  return { value: machine.pop(), end: machine.cursor.position };
}
