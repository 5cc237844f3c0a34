// Child of make-zero-rows.js: tries the trials of the places given, one line each before and after, since any may end the process.
import { writeSync } from "node:fs";
import { openSession } from "../../../../dist/src/onnx/session.js";
import { Drawing } from "./drawing.js";
import { runs } from "./trials.js";

/** Where rows come from; operators fused or as they stand; one thread or several. */
const modes = ["fed", "gathered", "compressed"].flatMap((source) =>
  [
    { optimize: true, threads: 1 },
    { optimize: true, threads: 4 },
    { optimize: false, threads: 1 },
  ].map((mode) => ({ source, ...mode, provider: "cpu" })),
);

const plan = runs();
for (const place of process.argv.slice(2).map(Number)) {
  writeSync(1, `${JSON.stringify({ place })}\n`);
  const verdict = await tryAll(plan[place]);
  writeSync(1, `${JSON.stringify({ place, verdict })}\n`);
}

/** "ok" or the first failure; which mode it needs, where the first one passes. */
async function tryAll({ trial, opset }) {
  for (const mode of modes) {
    const verdict = await tryOnce(trial, opset, mode);
    if (verdict === "ok") continue;
    const { source, optimize } = mode;
    return mode === modes[0] ? verdict : `${verdict} (${source}, ${optimize ? "optimised" : "plain"})`;
  }
  return "ok";
}

async function tryOnce(trial, opset, mode) {
  const drawing = new Drawing(opset, mode.source);
  const outputs = [trial.draw(drawing)].flat();
  let session;
  let three;
  let five;
  try {
    session = await openSession(drawing.model(outputs), trial.form, mode);
    three = await session.run(drawing.feeds(3));
    five = await session.run(drawing.feeds(5));
  } catch (error) {
    return `invalid: ${error.message}`;
  }
  let none;
  try {
    none = await session.run(drawing.feeds(0));
  } catch (error) {
    await session.release();
    return `throws: ${essence(error.message)}`;
  }
  const again = await session.run(drawing.feeds(3));
  await session.release();
  for (const [index, name] of outputs.entries()) {
    const expected = trial.expected?.[index] ?? line(three.get(name).dims, five.get(name).dims);
    const found = none.get(name).dims;
    if (found.join() !== expected.join()) return `wrong shape: [${found}], expected [${expected}]`;
    if (`${again.get(name).data}` !== `${three.get(name).data}`)
      return "wrong values: 3 rows after none differ from before";
  }
  return trial.verify?.(outputs.map((name) => none.get(name))) ?? "ok";
}

/** "Operator: what the runtime says", without the parts that all of its messages have. */
function essence(message) {
  return message
    .replace(/^.*?the model fails on this input \((.*)\)$/, "$1")
    .replace(/Non-zero status code returned while running (\w+) node\. Name:'[^']*' Status Message: /, "$1: ")
    .replace(/(const T\* )?onnxruntime::\w+::\w+\(.*?\)( const)?( \[with [^\]]*\])? /, "")
    .slice(0, 120)
    .trim();
}

/** Sizes at 0 rows from those at 3 and 5. */
function line(three, five) {
  return three.map((size, axis) => Math.max(0, size - (3 * (five[axis] - size)) / 2));
}
