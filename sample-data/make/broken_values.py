"""Well-formed arrays, labels, costs and loss tables that make no sense."""
import io
import json

import numpy as np

from broken_case import Case, npy_bytes

LOGITS = "sample-data/digits/logits_cal.npy"


def with_row(good, row, exit_, value):
    changed = good.copy()
    changed[row, exit_ - 1] = value
    return changed


def logit_cases(good):
    nan, overflow = with_row(good, 5, 2, 0), with_row(good, 3, 1, 0).astype(np.float16)
    nan[5, 1, 4], overflow[3, 0, 7] = np.nan, np.inf
    yield Case("logits-nan.npy", npy_bytes(nan), "value-not-finite", "row 5")
    yield Case("logits-float16-overflow.npy", npy_bytes(overflow), "value-not-finite", "row 3")
    yield Case("logits-all-masked.npy", npy_bytes(with_row(good, 2, 3, -np.inf)), "value-not-finite", "row 2")
    yield Case("logits-one-exit.npy", npy_bytes(good[:, :1]), "too-few-exits", "1")
    yield Case("logits-one-class.npy", npy_bytes(good[:, :, :1]), "too-few-exits", "1")
    yield Case("logits-no-samples.npy", npy_bytes(good[:0]), "too-few-exits", "0")
    yield Case("logits-two-axes.npy", npy_bytes(good[:, 0]), "array-missing", "10")
    yield Case("logits-exit-major.npy", npy_bytes(np.tile(good[:, :, :2], (9, 1, 1)).transpose(1, 0, 2).copy()),
               "layout-suspect", str(9 * len(good)))
    yield Case("logits-more-exits-than-rows.npy", npy_bytes(good[:3]), "layout-suspect", "4")
    yield Case("logits-shard-of-three-exits.npy", npy_bytes(good[:, :3]), "shape-mismatch", "3",
               command=("calibrate", LOGITS, "<file>", "-e", "0.1"))


def contradiction_cases(good):
    e = np.exp(good - good.max(-1, keepdims=True))
    p = (e / e.sum(-1, keepdims=True)).astype(np.float32)
    # Many rows, so that the logits come long after the first block was taken for probabilities; deflated, it is small.
    rows = np.concatenate([np.tile(p[:, :3, :4] / p[:, :3, :4].sum(-1, keepdims=True), (7000, 1, 1)), good[:, :3, :4]])
    out = io.BytesIO()
    np.savez_compressed(out, logits=rows)
    yield Case("values-turn-from-probabilities-to-logits.npz", out.getvalue(), "values-contradict",
               "look like probabilities")
    yield Case("values-shard-of-probabilities.npy", npy_bytes(p), "values-contradict", "logits_cal.npy",
               command=("calibrate", "<file>", LOGITS, "-e", "0.1"))


def label_cases(labels):
    def labelled(file, content, code, says):
        return Case(file, content, code, says, command=("calibrate", LOGITS, "-e", "0.1", "--labels", "<file>"))

    def changed(row, value, type_=np.int64):
        out = labels.astype(type_)
        out[row] = value
        return npy_bytes(out)

    words = [str(v) for v in labels]
    words[12] = "seven"
    yield labelled("labels-one-short.npy", npy_bytes(labels[:-1]), "labels-mismatch", str(len(labels) - 1))
    yield labelled("labels-minus-one.npy", changed(7, -1), "label-invalid", "-1")
    yield labelled("labels-ten.npy", changed(8, 10), "label-invalid", "10")
    yield labelled("labels-one-half.npy", changed(9, 2.5, np.float64), "label-invalid", "2.5")
    yield labelled("labels-word.txt", ("\n".join(words) + "\n").encode(), "label-invalid", "seven")


def cost_cases():
    def priced(file, costs, says):
        return Case(file, json.dumps({"unit": "MFLOPs", "cumulative": costs}).encode(), "costs-invalid", says,
                    command=("calibrate", LOGITS, "-e", "0.1", "--costs", "<file>"))

    yield priced("costs-per-stage.json", [0.005, 0.01, 0.04, 0.02], "cumulative")
    yield priced("costs-of-three-exits.json", [0.005, 0.015, 0.05], "3")


def table_cases():
    lambdas = np.array([1, 0.9, 0.8, 0.7])
    losses = np.linspace(0, 0.4, 4)[:, None] * np.linspace(0.5, 1, 10)

    def table(file, code, says, **changed):
        out = io.BytesIO()
        np.savez(out, **{"lambdas": lambdas, "losses": losses, **changed})
        return Case(file, out.getvalue(), code, says)

    above, nan = losses.copy(), losses.copy()
    above[2, 4], nan[1, 3] = 1.5, np.nan
    yield table("table-loss-above-one.npz", "loss-out-of-range", "1.5", losses=above)
    yield table("table-loss-nan.npz", "value-not-finite", "NaN", losses=nan)
    yield table("table-lambda-twice.npz", "table-invalid", "0.8", lambdas=np.array([1, 0.8, 0.8, 0.7]))
    yield table("table-five-lambdas-four-rows.npz", "table-invalid", "5", lambdas=np.array([1, 0.9, 0.8, 0.7, 0.6]))
    yield table("table-exits-of-three-rows.npz", "table-invalid", "3", exits=np.array([4.0, 3.5, 3.0]))


def cases(good, labels):
    yield from logit_cases(good)
    yield from contradiction_cases(good)
    yield from label_cases(labels)
    yield from cost_cases()
    yield from table_cases()
