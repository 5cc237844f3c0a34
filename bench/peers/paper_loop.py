"""The paper's procedure end to end, logits -> thresholds, written for this benchmark from its published description.

   python3 paper_loop.py LOGITS LABELS TRIALS CALIBRATION_SIZE [--hoisted]

As published: for each of 101 thresholds and each risk, every sample's exit is found, the logits there are gathered, their
softmax is taken and the losses are computed. Then for each split, each risk level and each method the calibration bound of
every threshold is found (Waudby-Smith-Ramdas by root finding; conformal risk control by its formula), the smallest threshold
before the first failure is taken, and its risk and mean exit are read on the samples that were not drawn.

--hoisted is the better program that a careful author would write: one softmax of all logits, and bounds once for all risk
levels, as they do not depend on the level. Both print the same numbers.
"""
import sys

import numpy as np

try:
    from scipy.optimize import brentq
except ImportError:

    def brentq(f, low, high):
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if f(middle) > 0 else (middle, high)
        return high


logits, labels = np.load(sys.argv[1]), np.load(sys.argv[2])
trials, size = int(sys.argv[3]), int(sys.argv[4])
hoisted = "--hoisted" in sys.argv
count, exits, classes = logits.shape
delta = 0.1
levels = np.linspace(0.01, 0.5, 50)
lambdas = np.linspace(0, 1, 101)
risks = {"prediction-gap": 1, "brier-gap": 2, "prediction-consistency": 1, "brier-consistency": 2}


def softmax(x):
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


probabilities = softmax(logits)
confidence = probabilities.max(2)
full = probabilities[:, -1].copy()
if not hoisted:
    del probabilities
onehot = np.eye(classes, dtype=np.float32)[labels]
samples = np.arange(count)


def brier(p, target):
    return ((p - target) ** 2).sum(1)


full_wrong, full_brier = full.argmax(1) != labels, brier(full, onehot)


def exits_at(threshold):
    leaves = confidence > threshold
    leaves[:, -1] = True
    return leaves.argmax(1)


def losses_at(threshold, risk):
    taken = exits_at(threshold)
    p = probabilities[samples, taken] if hoisted else softmax(logits[samples, taken])
    if risk == "prediction-gap":
        return (p.argmax(1) != labels).astype(float) - full_wrong
    if risk == "prediction-consistency":
        return (p.argmax(1) != full.argmax(1)).astype(float)
    if risk == "brier-gap":
        return (brier(p, onehot) - full_brier).astype(float)
    return brier(p, full).astype(float)


def wsr_bound(x):
    """Of losses up to 1: where the wealth of the bets against a mean crosses 1/delta."""
    n = len(x)
    t = np.arange(1, n + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    variance = np.concatenate([[0.25], variance[:-1]])
    bet = np.minimum(1, np.sqrt(2 * np.log(1 / delta) / (n * variance)))
    excess = lambda m: np.log1p(-bet * (x - m)).cumsum().max() - np.log(1 / delta)
    low, high = 1e-10, 1 - 1e-10
    if excess(high) < 0:
        return 1.0
    if excess(low) > 0:
        return 0.0
    return brentq(excess, low, high)


def bounds_of(method, calibration, bound):
    if method == "crc":
        return (calibration.sum(1) + bound) / (size + 1)
    return np.array([bound * wsr_bound(x / bound) for x in calibration])


random = np.random.default_rng(0)
splits = [random.permutation(count) for _ in range(trials)]
depth = np.stack([exits_at(threshold) for threshold in lambdas]) + 1
tables = {risk: np.stack([losses_at(threshold, risk) for threshold in lambdas]) for risk in risks}
chosen, risk_sum, depth_sum = 0, 0.0, 0.0
for order in splits:
    drawn, rest = order[:size], order[size:]
    for risk, bound in risks.items():
        calibration = tables[risk][:, drawn]
        known = {method: bounds_of(method, calibration, bound) for method in ("wsr", "crc")} if hoisted else {}
        for level in levels:
            for method in ("wsr", "crc"):
                curve = known[method] if hoisted else bounds_of(method, calibration, bound)
                failed = np.flatnonzero(curve > level)
                k = failed[-1] + 1 if len(failed) else 0
                chosen += k
                if k < len(lambdas):
                    risk_sum += tables[risk][k, rest].mean()
                    depth_sum += depth[k, rest].mean()
                else:
                    depth_sum += exits
print(chosen, risk_sum, depth_sum)
