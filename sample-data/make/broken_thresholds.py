"""Threshold files that `eexit check` must refuse."""
import json

from broken_case import Case

GOOD = {
    "format": "eexit-threshold", "version": 1, "policy": "threshold", "threshold": 0.75,
    "rule": "confidence > threshold", "exits": 4, "confidence": "top1", "risk": "prediction-gap", "epsilon": 0.05,
    "delta": 0.1, "method": "ucb", "bound": "star", "grid": "exact", "guarantee": "high-probability",
    "statement": "With probability at least 0.9 over the draw of 400 samples, the true risk is at most 0.05.",
    "lossRange": [-1, 1], "clip": False,
    "calibration": {"samples": 400, "empiricalRisk": 0.03, "riskUpperBound": 0.0499, "seed": 0, "shuffled": True,
                    "sha256": "0" * 64},
    "efficiency": {"meanExit": 2.2, "exitShare": [0, 0.8, 0.2, 0], "meanCost": 2.2, "fullCost": 4, "costUnit": "exits",
                   "saving": 0.45},
    "cautions": [], "tool": {"name": "eexit", "version": "0.1.0"},
}


def cases():
    def threshold(file, content, code, says):
        text = content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"
        return Case(file, text.encode(), code, says, command=(
            "check", "-t", "<file>", "sample-data/digits/logits_test.npy", "--labels",
            "sample-data/digits/labels_test.npy"))

    def changed(**fields):
        return {**GOOD, **fields}

    short = {key: value for key, value in GOOD.items() if key != "threshold"}
    yield threshold("threshold-malformed.json", json.dumps(GOOD)[:200], "threshold-invalid", "JSON")
    yield threshold("threshold-missing-field.json", short, "threshold-invalid", " threshold")
    wrong = changed(threshold="0.75", exits=2.5)
    yield threshold("threshold-wrong-types.json", wrong, "threshold-invalid", " threshold")
    yield threshold("threshold-other-format.json", changed(format="eexit-sweep"), "threshold-invalid", "eexit-sweep")
    yield threshold("threshold-policy-contradicts.json", changed(policy="never-exit"), "threshold-invalid", "0.75")
    yield threshold("threshold-version-2.json", changed(version=2), "version-unsupported", "version 2")
    yield threshold("threshold-of-five-exits.json", changed(exits=5), "shape-mismatch", "5")
