"""Rebuilds the derived files of sample-data/digits from its NPY arrays.

usage: python make_digits.py DIGITS_DIR        (needs numpy)

Writes digits.p (the calibration part as `(logits [exit, sample, class], targets)`, the layout that the paper's image
experiments pickle), exit-table.csv (the first 50 calibration rows) and costs.json.
"""
import json
import pickle
import sys
from pathlib import Path

import numpy as np

TABLE_ROWS = 50


def softmax(logits):
    z = logits.astype(np.float64)
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def exit_table(logits, labels):
    """CSV text; confidence is the largest probability, float32 in its shortest digits."""
    exits = range(1, logits.shape[1] + 1)
    names = [f"confidence_{k}" for k in exits] + [f"prediction_{k}" for k in exits] + ["label"]
    confidences = softmax(logits).max(-1).astype(np.float32)
    lines = [",".join(names)]
    for row, prediction, label in zip(confidences, logits.argmax(-1), labels):
        lines.append(",".join([*map(str, row), *map(str, prediction), str(label)]))
    return "\n".join(lines) + "\n"


def main(folder):
    logits, labels = np.load(folder / "logits_cal.npy"), np.load(folder / "labels_cal.npy")
    exit_major = np.ascontiguousarray(logits.transpose(1, 0, 2))
    (folder / "digits.p").write_bytes(pickle.dumps((exit_major, labels), protocol=4))
    (folder / "exit-table.csv").write_text(exit_table(logits[:TABLE_ROWS], labels[:TABLE_ROWS]))
    macs = json.loads((folder / "stats.json").read_text())["cumulativeMacs"]
    costs = {"unit": "MFLOPs", "cumulative": [2 * m / 1e6 for m in macs]}      # a multiply-accumulate is two operations
    (folder / "costs.json").write_text(json.dumps(costs) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
