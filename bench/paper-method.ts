import type { BenchModule } from "./bench-module.ts";
import { cpuTable, interleaved } from "./interleaved.ts";
import { writeSyntheticLogits } from "./synthetic-logits.ts";

const shape = { sampleCount: 5000, exitCount: 5, classCount: 1000 };
const [trials, calibrationSize] = [5, 1000];

/** The paper's procedure end to end, written as its definition reads, against ours. */
export const paperMethod: BenchModule = {
  name: "Logits → thresholds, end to end",
  async run({ folder, eexit, python, peer }) {
    if (!python) return "Not measured: its peer needs python3 with numpy.";
    const { logits, labels } = writeSyntheticLogits(folder, shape);
    const ours = "eexit sweep, from the logits, all thresholds";
    const risks = "prediction-gap,brier-gap,prediction-consistency,brier-consistency";
    const asked = ["--risk", risks, "--confidence", "top1", "--method", "crc,ucb:wsr", "-e", "0.01:0.5:0.01"];
    const repeated = ["--trials", `${trials}`, "--calibration-size", `${calibrationSize}`, "--threads", "1"];
    const timings = interleaved(
      [
        {
          name: `numpy loop over 101 thresholds, bounds by root finding (${python.scipy ? "scipy's brentq" : "bisection"})`,
          argv: ["python3", peer("paper_loop.py"), logits, labels, `${trials}`, `${calibrationSize}`],
        },
        {
          name: ours,
          argv: [...eexit, "sweep", logits, "--labels", labels, ...asked, ...repeated, "--format", "csv", "-q"],
        },
      ],
      2,
    );
    return [
      `${shape.sampleCount} samples, ${shape.exitCount} exits, ${shape.classCount} classes (100 MB of float32); 4 risks × {crc, ucb with wsr} × 50 ε × ${trials} splits of ${calibrationSize} calibration samples.`,
      cpuTable(timings, ours),
    ].join("\n\n");
  },
};
