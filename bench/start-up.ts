import type { BenchModule } from "./bench-module.ts";
import { type Contestant, interleaved, median, ratioText, secondsText } from "./interleaved.ts";

/** Small commands as the shell starts them. */
export const startUp: BenchModule = {
  name: "Start-up",
  async run({ eexit, python }) {
    const imports = python?.scipy ? "import numpy, scipy.stats, scipy.optimize" : "import numpy";
    const contestants: Contestant[] = [
      { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
      { name: "eexit --help", argv: [...eexit, "--help"] },
      { name: "eexit plan -e 0.05", argv: [...eexit, "plan", "-e", "0.05"] },
    ];
    const slow = `python3 -c '${imports}'`;
    if (python) contestants.push({ name: slow, argv: ["python3", "-c", imports] });
    const timings = interleaved(
      contestants.map((contestant) => ({ ...contestant, repeat: 5 })),
      5,
    );
    const cpuOf = (name: string) => (timings.get(name) ?? []).map(({ cpu }) => cpu);
    const rows = contestants.map(({ name }) => {
      const ratio = python && name !== slow ? ratioText(cpuOf(slow), cpuOf(name)) : "";
      return `| \`${name}\` | ${secondsText(cpuOf(name))} | ${ratio} |`;
    });
    const own = median(cpuOf("eexit --help").map((cpu, round) => cpu - cpuOf("node -e 0")[round]));
    return [
      ["| whole process | CPU | python imports / this |", "| --- | ---: | ---: |", ...rows].join("\n"),
      `\`eexit --help\` costs ${Math.round(1000 * own)} ms beyond Node itself. ${
        python
          ? python.scipy
            ? ""
            : "scipy is not installed here: numpy alone."
          : "There is no python3 with numpy here."
      }`.trim(),
    ].join("\n\n");
  },
};
