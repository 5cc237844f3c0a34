"""The paper's procedure as its definition reads, end to end: logits -> thresholds.

   python3 paper_loop.py LOGITS LABELS TRIALS CALIBRATION_SIZE

For each of 101 thresholds every sample's exit is found, its probabilities are gathered and its losses computed; for each
split, risk and threshold the Waudby-Smith-Ramdas bound is found by root finding; each risk level then takes the smallest
threshold that passes. Conformal risk control likewise. Written for this benchmark; prints the sum of the chosen rows.
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
count, exits, classes = logits.shape
delta = 0.1
levels = np.linspace(0.01, 0.5, 50)
lambdas = np.linspace(0, 1, 101)

shifted = np.exp(logits - logits.max(2, keepdims=True))
probabilities = shifted / shifted.sum(2, keepdims=True)
confidence = probabilities.max(2)
full = probabilities[:, -1]
onehot = np.eye(classes, dtype=np.float32)[labels]
samples = np.arange(count)


def brier(p, target):
    return ((p - target) ** 2).sum(1)


def losses_at(threshold, risk):
    leaves = confidence > threshold
    leaves[:, -1] = True
    taken = probabilities[samples, leaves.argmax(1)]
    if risk == "prediction-gap":
        return (taken.argmax(1) != labels).astype(float) - (full.argmax(1) != labels)
    if risk == "prediction-consistency":
        return (taken.argmax(1) != full.argmax(1)).astype(float)
    if risk == "brier-gap":
        return (brier(taken, onehot) - brier(full, onehot)).astype(float)
    return brier(taken, full).astype(float)


def wsr_bound(x, bound):
    n = len(x)
    t = np.arange(1, n + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    variance = np.concatenate([[0.25], variance[:-1]])
    bet = np.minimum(1 / bound, np.sqrt(2 * np.log(1 / delta) / (n * variance)))
    excess = lambda m: np.log1p(-bet * (x - m)).cumsum().max() - np.log(1 / delta)
    if excess(bound) < 0:
        return bound
    if excess(0.0) > 0:
        return 0.0
    return brentq(excess, 0.0, bound)


chosen = 0
random = np.random.default_rng(0)
splits = [random.permutation(count)[:size] for _ in range(trials)]
for risk, bound in [("prediction-gap", 1), ("brier-gap", 2), ("prediction-consistency", 1), ("brier-consistency", 2)]:
    table = np.stack([losses_at(threshold, risk) for threshold in lambdas])
    for drawn in splits:
        calibration = table[:, drawn]
        upper = np.array([wsr_bound(x, bound) for x in calibration])
        corrected = (calibration.sum(1) + bound) / (size + 1)
        for level in levels:
            for curve in (upper, corrected):
                failed = np.flatnonzero(curve > level)
                chosen += failed[-1] + 1 if len(failed) else 0
print(chosen)
