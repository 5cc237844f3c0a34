"""Writes sample-data/broken: one small file per input error, and manifest.json with the answer that each should get.

usage: python make_broken.py DIGITS_DIR BROKEN_DIR && node make-broken-arrow.js DIGITS_DIR BROKEN_DIR     (needs numpy)
"""
import json
import sys
from pathlib import Path

import numpy as np

import broken_arrays
import broken_formats
import broken_pickles
import broken_thresholds
import broken_values

ROWS = 8            # of the calibration logits: enough to hold any error


def all_cases(digits):
    logits, labels = np.load(digits / "logits_cal.npy"), np.load(digits / "labels_cal.npy")
    good = np.ascontiguousarray(logits[:ROWS])
    yield from broken_formats.cases(good)
    yield from broken_arrays.cases(good)
    yield from broken_pickles.cases(good)
    yield from broken_values.cases(good, labels)
    yield from broken_thresholds.cases()


def main(digits, broken):
    broken.mkdir(parents=True, exist_ok=True)
    entries = []
    for case in all_cases(digits):
        if case.content is not None:
            (broken / case.file).write_bytes(case.content)
        entries.append(json.dumps(case.entry(), ensure_ascii=False))
    (broken / "manifest.json").write_text("[\n  " + ",\n  ".join(entries) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
