import { describe, expect, it } from "vitest";
import { openSession } from "../../src/onnx/session.ts";
import {
  baked,
  besideTwin,
  compareWithTwin,
  floatMargins,
  halfMargins,
  oneThread,
  openBaked,
  runBaked,
} from "../support/onnx-bake.ts";
import { thresholdFile } from "../support/threshold-files.ts";
import { handMade } from "./models/all-models.ts";

const rowCount = 70;
const batchSizes = [1, 7, 64];
const forms = Object.keys(handMade).flatMap((name) => [11, 13, 17, 21].map((opset) => [name, opset] as const));

describe("a baked model", () => {
  it.each(forms)(
    "%s, operator set %i: answers as the whole model with exits chosen afterwards",
    async (name, opset) => {
      const { network, rows, twin, threshold } = await besideTwin(handMade[name]({ opset }), rowCount);
      const margins = name.includes("float16") ? halfMargins : floatMargins;
      const { bytes, proto, proof } = await baked(network, thresholdFile({ exits: network.exits.length, threshold }));
      expect(proof.batchSizes).toEqual(batchSizes);
      expect(proof.thresholds).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, expect.any(Number)]);
      const last = network.exits.length - 1;
      const all = (exit: number) => network.exits.map((_, index) => (index === exit ? rowCount : 0));
      const sessions = {
        never: await openBaked(proto, Number.POSITIVE_INFINITY),
        always: await openBaked(proto, Number.NEGATIVE_INFINITY),
        middle: await openSession(bytes, name, oneThread),
      };
      for (const size of batchSizes) {
        const counts = async (session: (typeof sessions)["never"], at: number) =>
          compareWithTwin(await runBaked(session, rows, size), twin, at, margins);
        expect(await counts(sessions.never, Number.POSITIVE_INFINITY)).toEqual(all(last));
        expect(await counts(sessions.always, Number.NEGATIVE_INFINITY)).toEqual(all(0));
        const spread = await counts(sessions.middle, threshold);
        // Rows leave and rows stay, so that every boundary carries compacted batches.
        expect(spread[0]).toBeGreaterThan(5);
        expect(spread[last]).toBeGreaterThan(5);
      }
      for (const session of Object.values(sessions)) await session.release();
    },
  );
});
