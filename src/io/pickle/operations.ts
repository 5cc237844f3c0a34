import type { PickleMachine } from "./machine.ts";
import { setState } from "./set-state.ts";
import { type PickleSequence, type PickleValue, textOf } from "./values.ts";

/** Longer strings are data in disguise (protocol 2 writes array bytes as text) and stay in the file. */
const longestName = 4096;

/**
 * Operation code → what it does, protocols 2 to 5 and the older ones that such files still use.
 * STOP (0x2E) is the reader's own; a code that is not in here is refused by `refusedOperations` or as unknown.
 */
export const operations: ReadonlyMap<number, (machine: PickleMachine) => void> = new Map([
  // Frame and protocol marks; a frame's length is only checked.
  [0x80, (m) => m.cursor.byte()],
  [0x95, (m) => m.cursor.assertRemaining(m.cursor.uint64())],
  // Constants and numbers.
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4b, (m) => m.push(m.cursor.byte())],
  [0x4d, (m) => m.push(m.cursor.uint16())],
  [0x4a, (m) => m.push(m.cursor.int32())],
  [0x47, (m) => m.push(m.cursor.float64())],
  [0x8a, (m) => m.push(longNumber(m, m.cursor.byte()))],
  [0x8b, (m) => m.push(longNumber(m, m.cursor.uint32()))],
  [0x49, (m) => m.push(numberOfLine(m))],
  [0x4c, (m) => m.push(numberOfLine(m))],
  [0x46, (m) => m.push(numberOfLine(m))],
  // Text and bytes.
  [0x8c, (m) => m.push(text(m, m.cursor.byte()))],
  [0x58, (m) => m.push(text(m, m.cursor.uint32()))],
  [0x8d, (m) => m.push(text(m, m.cursor.uint64()))],
  [0x43, (m) => m.push(bytes(m, m.cursor.byte()))],
  [0x42, (m) => m.push(bytes(m, m.cursor.uint32()))],
  [0x8e, (m) => m.push(bytes(m, m.cursor.uint64()))],
  [0x96, (m) => m.push(bytes(m, m.cursor.uint64()))],
  [0x55, (m) => m.push(bytes(m, m.cursor.byte()))],
  [0x54, (m) => m.push(bytes(m, m.cursor.uint32()))],
  // Containers.
  [0x28, (m) => m.mark()],
  [0x29, (m) => m.push({ kind: "tuple", items: [] })],
  [0x85, (m) => m.push(tupleOf(m, 1))],
  [0x86, (m) => m.push(tupleOf(m, 2))],
  [0x87, (m) => m.push(tupleOf(m, 3))],
  [0x74, (m) => m.push({ kind: "tuple", items: m.popToMark() })],
  [0x5d, (m) => m.push({ kind: "list", items: [] })],
  [0x6c, (m) => m.push({ kind: "list", items: m.popToMark() })],
  [0x61, (m) => append(m, [m.pop()])],
  [0x65, (m) => append(m, m.popToMark())],
  [0x7d, (m) => m.push({ kind: "dict", entries: [] })],
  [0x64, (m) => addDict(m, m.popToMark())],
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())],
  [0x75, (m) => setItems(m, m.popToMark())],
  // Stack and memo.
  [0x30, (m) => m.pop()],
  [0x31, (m) => m.popToMark()],
  [0x32, (m) => m.push(m.top())],
  [0x94, (m) => m.remember(m.memo.size)],
  [0x71, (m) => m.remember(m.cursor.byte())],
  [0x72, (m) => m.remember(m.cursor.uint32())],
  [0x70, (m) => m.remember(Number(m.cursor.line()))],
  [0x68, (m) => m.recall(m.cursor.byte())],
  [0x6a, (m) => m.recall(m.cursor.uint32())],
  [0x67, (m) => m.recall(Number(m.cursor.line()))],
  // Names, calls and states: the only ones that would run code in Python.
  [0x63, (m) => m.push(m.resolve(`${m.cursor.line()}.${m.cursor.line()}`))],
  [0x93, stackGlobal],
  [0x52, callTop],
  [0x81, callTop],
  [0x62, build],
  [0x51, (m) => m.persistent(m.pop())],
  [0x69, (m) => m.resolve(`${m.cursor.line()}.${m.cursor.line()}`) && refuse(m, "INST")],
] satisfies [number, (machine: PickleMachine) => unknown][]);

/** Operations of the format that no array file needs. */
export const refusedOperations: ReadonlyMap<number, string> = new Map([
  [0x50, "PERSID"],
  [0x6f, "OBJ"],
  [0x82, "EXT1"],
  [0x83, "EXT2"],
  [0x84, "EXT4"],
  [0x8f, "EMPTY_SET"],
  [0x90, "ADDITEMS"],
  [0x91, "FROZENSET"],
  [0x92, "NEWOBJ_EX"],
  [0x97, "NEXT_BUFFER (a buffer kept outside the file)"],
  [0x98, "READONLY_BUFFER"],
  [0x53, "STRING (protocol 0)"],
  [0x56, "UNICODE (protocol 0)"],
]);

export function refuse(m: PickleMachine, operation: string): never {
  throw m.refused(
    `uses the pickle operation ${operation}, expected only arrays, tuples, lists, dicts, numbers and text`,
  );
}

/** A little-endian two's complement integer; one beyond 2^53 stays a bigint. */
function longNumber(m: PickleMachine, length: number): number | bigint {
  m.cursor.assertRemaining(length);
  if (length > 255) throw m.malformed(`holds a number of ${length} bytes`);
  const digits = m.cursor.bytes(length).reverse().toString("hex");
  const value = digits === "" ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function numberOfLine(m: PickleMachine): number | boolean {
  const line = m.cursor.line();
  if (line === "01" || line === "00") return line === "01";
  const value = Number(line.replace(/L$/, ""));
  if (line === "" || Number.isNaN(value)) throw m.malformed("holds a line that is no number");
  return value;
}

function text(m: PickleMachine, length: number): PickleValue {
  if (length > longestName) return { kind: "bytes", source: m.cursor.slice(length), isText: true };
  m.cursor.assertRemaining(length);
  return m.cursor.bytes(length).toString("utf8");
}

function bytes(m: PickleMachine, length: number): PickleValue {
  return { kind: "bytes", source: m.cursor.slice(length), isText: false };
}

function tupleOf(m: PickleMachine, count: number): PickleSequence {
  const items = Array.from({ length: count }, () => m.pop()).reverse();
  return { kind: "tuple", items };
}

function append(m: PickleMachine, items: readonly PickleValue[]): void {
  const list = m.top();
  if (typeof list !== "object" || list?.kind !== "list") throw m.malformed("appends to what is no list");
  for (const item of items) list.items.push(item);
}

function addDict(m: PickleMachine, items: readonly PickleValue[]): void {
  m.push({ kind: "dict", entries: [] });
  setItems(m, items);
}

function setItems(m: PickleMachine, items: readonly PickleValue[]): void {
  const dict = m.top();
  if (typeof dict !== "object" || dict?.kind !== "dict") throw m.malformed("sets items of what is no dict");
  if (items.length % 2 === 1) throw m.malformed("has a key without a value");
  for (let i = 0; i < items.length; i += 2) dict.entries.push([items[i], items[i + 1]]);
}

function stackGlobal(m: PickleMachine): void {
  const [name, module] = [textOf(m.pop()), textOf(m.pop())];
  if (name === null || module === null) throw m.malformed("names a global without text");
  m.push(m.resolve(`${module}.${name}`));
}

function callTop(m: PickleMachine): void {
  const args = m.pop();
  m.call(m.pop(), args);
}

function build(m: PickleMachine): void {
  const state = m.pop();
  setState(m, m.top(), state);
}
