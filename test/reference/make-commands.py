#!/usr/bin/env python3
"""Expected answers of `eexit inspect` and `eexit plan`, from the definitions alone (numpy, scipy).

Run `python3 make-commands.py` to rewrite commands.json. Reads ../../sample-data; seconds.
"""
import json
import math
from pathlib import Path

import numpy as np
from scipy.stats import binom

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "sample-data"


def inspect_digits():
    logits = np.load(DATA / "digits/logits_cal.npy").astype(np.float64)
    y = np.load(DATA / "digits/labels_cal.npy")
    n, L, C = logits.shape
    p = np.exp(logits - logits.max(2, keepdims=True))
    p /= p.sum(2, keepdims=True)
    hat = logits.argmax(2)
    right = hat == y[:, None]
    ordered = np.sort(p, axis=2)
    entropy = -(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)).sum(2)
    conf = {"top1": p.max(2), "top-diff": ordered[..., -1] - ordered[..., -2], "entropy": 1 - entropy / math.log(C)}
    brier = ((p - np.eye(C)[y][:, None]) ** 2).sum(2)
    loss = {
        "prediction-gap": (~right).astype(float) - (~right[:, -1:]),
        "prediction-consistency": (hat != hat[:, -1:]).astype(float),
        "brier-gap": brier - brier[:, -1:],
        "brier-consistency": ((p - p[:, -1:]) ** 2).sum(2),
    }
    counts = np.bincount(y)
    early = right[:, :-1].any(1) & ~right[:, -1]
    return {
        "accuracy": right.mean(0).tolist(),
        "agreement": (hat == hat[:, -1:]).mean(0).tolist(),
        "brier": brier.mean(0).tolist(),
        "meanConfidence": {k: v.mean(0).tolist() for k, v in conf.items()},
        "rightHereWrongAtLast": (right & ~right[:, -1:]).mean(0).tolist(),
        "overthinking": {"share": early.mean(), "shareOfErrors": early.sum() / (~right[:, -1]).sum()},
        "labels": {
            "count": int((counts > 0).sum()),
            "rarest": {"label": int(counts.argmin()), "share": counts.min() / n},
            "commonest": {"label": int(counts.argmax()), "share": counts.max() / n},
        },
        "meanLoss": {k: v.mean(0).tolist() for k, v in loss.items()},
        "nonMonotoneShare": {
            risk: {measure: non_monotone(conf[measure], loss[risk]) for measure in conf}
            for risk in ("prediction-gap", "prediction-consistency")
        },
    }


def non_monotone(conf, loss):
    """Every sample at every threshold, one after the other: does a loss ever fall while the threshold does?"""
    n, L = conf.shape
    thresholds = np.concatenate([[2], np.unique(conf[:, :-1])[::-1], [-1]])
    count = 0
    for i in range(n):
        path = []
        for t in thresholds:
            out = [l for l in range(L - 1) if conf[i, l] > t]
            path.append(loss[i, out[0] if out else L - 1])
        count += bool((np.diff(path) < -1e-12).any())
    return count / n


def inspect_loss_table():
    lambdas = np.load(DATA / "loss-table/lambdas.npy")
    losses = np.load(DATA / "loss-table/losses.npy").astype(np.float64)
    exits = np.load(DATA / "loss-table/exits.npy")
    order = np.argsort(-lambdas)
    losses = losses[order]
    means = losses.mean(1)
    return {
        "lambda": lambdas[order].tolist(),
        "meanLoss": means.tolist(),
        "meanExit": exits[order].tolist(),
        "lossFound": [losses.min(), losses.max()],
        "meanLossFalls": int((np.diff(means) < -1e-12).sum()),
        "nonMonotoneShare": float((np.diff(losses, axis=0) < -1e-12).any(0).mean()),
    }


def certifies_zeros(method, n, eps, delta, B):
    if method == "crc":
        return B <= (n + 1) * eps + 1e-9
    if method == "cp":
        return binom.cdf(0, n, eps) <= delta
    if method == "hb":
        return (1 - eps / B) ** n <= delta
    goal = math.log(1 / delta)
    if method == "wsr":
        mu, sigma, log_wealth, sum_x, sum_v = 0.5, 0.25, 0.0, 0.0, 0.0
        for t in range(1, n + 1):
            nu = min(1 / B, math.sqrt(2 * goal / (n * sigma)))
            log_wealth += math.log(1 - nu * (0 - eps))
            mu = (0.5 + sum_x) / (t + 1)
            sum_v += (0 - mu) ** 2
            sigma = (0.25 + sum_v) / (t + 1)
        return log_wealth > goal
    c, s0, w = 0.99, 0.25, 4
    log_wealth, sx, sv = 0.0, w * eps, w * s0
    for t in range(1, n + 1):
        v = sv / (w + t - 1)
        nu = min(math.sqrt(2 * max(0, goal - log_wealth) / ((n - t + 1) * v)), c / (B - eps))
        log_wealth += math.log1p(nu * eps)
        if log_wealth >= goal:
            return True
        sv += (0 - sx / (w + t)) ** 2
    return False


def smallest(holds):
    n = 1
    while not holds(n):
        n += 1
    return n


def binary_power(method, n, eps, delta, risk):
    if method == "crc":
        critical = math.floor((n + 1) * eps - 1 + 1e-9)
    else:
        passing = [s for s in range(n + 1) if binom.cdf(s, n, eps) <= delta]
        critical = max(passing, default=-1)
    return float(binom.cdf(critical, n, risk)) if critical >= 0 else 0.0


def stable(method):
    """The n from which on the power stays at .8: it is a saw in n."""
    return 1 + max(n for n in range(1, 500) if binary_power(method, n, 0.05, 0.1, 0.02) < 0.8)


def plan():
    minimum = [
        [method, eps, 0.1, B, smallest(lambda n: certifies_zeros(method, n, eps, 0.1, B))]
        for B in (1, 2)
        for method in (["crc", "cp", "hb", "wsr", "star"] if B == 1 else ["crc", "hb", "wsr", "star"])
        for eps in (0.05, 0.1)
    ]
    resolution = [
        [method, 400, 0.1, smallest(lambda k: certifies_zeros(method, 400, k / 10_000, 0.1, 1)) / 10_000]
        for method in ("crc", "cp", "hb", "wsr", "star")
    ]
    power = [
        [method, n, 0.05, 0.1, 0.02, binary_power(method, n, 0.05, 0.1, 0.02)]
        for method in ("crc", "cp")
        for n in (stable(method) - 1, stable(method))
    ]
    return {
        "minimumSamples (method, epsilon, delta, B, n)": minimum,
        "smallestEpsilon (method, n, delta, epsilon)": resolution,
        "power (method, n, epsilon, delta, risk, power)": power,
    }


answers = {"digits": inspect_digits(), "lossTable": inspect_loss_table(), "plan": plan()}
(HERE / "commands.json").write_text(json.dumps(answers, indent=1) + "\n")
