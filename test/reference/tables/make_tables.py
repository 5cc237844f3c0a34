#!/usr/bin/env python3
"""Loss tables of every kind and what each method has to choose on them, by oracle.py (one folder up) and plain numpy.

Run `python3 make_tables.py` to rewrite the .npz files and expected.json beside it (numpy, scipy; seconds). Rows are stored in
a scrambled order. The mean loss is not monotone down the rows: it rises above every ε asked for and falls again, so that a
method that looks for the last passing row gives itself away.
"""
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import oracle  # noqa: E402

random = np.random.default_rng(11)
K, N, DELTA = 12, 240, 0.1
MEANS = np.array([0, 0.004, 0.01, 0.02, 0.03, 0.045, 0.09, 0.05, 0.07, 0.15, 0.2, 0.3])
METHODS = ["naive", "crc:first-failure", "crc:monotone", "crc:last-pass", "ucb:hb", "ucb:wsr", "ucb:star", "ltt:hb", "ltt:wsr"]


def drawn_losses():
    """Rows drawn anew for every λ, as generated outputs are; row 0 is the reference."""
    losses = np.where(random.random((K, N)) < 2.5 * MEANS[:, None], random.uniform(0, 0.8, (K, N)), 0.0)
    losses[0] = 0
    return losses


def chosen(X, epsilon, method, lower, upper):
    """Row that the method deploys; −1: none."""
    name, _, variant = method.partition(":")
    if name == "naive":
        return oracle.sel_naive(X, epsilon)
    if variant == "first-failure":
        return oracle.sel_crc(X, epsilon, upper)
    if variant == "monotone":
        return oracle.sel_crc_mono(np.maximum(X, 0), epsilon, upper)
    if variant == "last-pass":
        return oracle.sel_crc(X, epsilon, upper, "last")
    return oracle.sel_hp(np.maximum(X, 0) if variant == "hb" else X, epsilon, DELTA, variant, lower, upper)


def cases(name, arrays, lambdas, X, exits, options, lower, upper, reference, methods, epsilons):
    order = random.permutation(K)
    stored = {key: (value[order] if len(value) == K else value) for key, value in arrays.items()}
    np.savez_compressed(HERE / f"{name}.npz", lambdas=lambdas[order], **stored)
    means = exits if exits.ndim == 1 else exits.mean(1)
    for epsilon in epsilons:
        for method in methods:
            row = int(chosen(X, epsilon, method, lower, upper))
            deployed = reference if row < 0 else row
            yield dict(
                file=f"{name}.npz", options=[*options, "-e", str(epsilon), "--method", method],
                policy="never-exit" if row < 0 else "threshold", threshold=None if row < 0 else float(lambdas[row]),
                empiricalRisk=float(X[deployed].mean()), meanExit=float(means[deployed]),
                saving=float(1 - means[deployed] / means[reference]))


def main():
    grid = np.round(np.linspace(1, 0.45, K), 2)
    steps = np.linspace(24, 5, K)
    every = np.clip(steps[:, None] + random.normal(size=(K, N)), 1, 24)
    found = []
    losses = drawn_losses()
    found += cases("losses-down", dict(losses=losses, exits=steps), grid, losses, steps, [], 0, 1, 0, METHODS, [0.003, 0.02, 0.05, 0.08])
    up = np.round(1 - grid, 2)
    found += cases("losses-up", dict(losses=losses, exits=every), up, losses, every, ["--lambda-direction", "up"], 0, 1, 0, METHODS, [0.02, 0.06])
    scores = np.clip(0.7 + 0.1 * random.normal(size=N) - drawn_losses() + 0.02 * random.normal(size=(K, N)), 0, 1)
    for reference in (0, 2):
        X = scores[reference] - scores
        options = ["--reference", str(reference)]
        found += cases(f"scores-{reference}", dict(scores=scores, exits=steps), grid, X, steps, options, -1, 1, reference, METHODS, [0.05, 0.1])
    X = np.maximum(scores[0] - scores, 0)
    found += cases("scores-clipped", dict(scores=scores, costs=every), grid, X, every, ["--clip"], 0, 1, 0, METHODS, [0.08])
    ones = (random.random((K, N)) < MEANS[:, None]).astype("f4")
    ones[0] = 0
    found += cases("binary", dict(losses=ones, exits=steps), grid, ones.astype("f8"), steps, ["--binary"], 0, 1, 0, [*METHODS, "ucb:cp"], [0.04, 0.08])
    half = (losses / 2).astype("f2")
    found += cases("half-range", dict(losses=half, exits=steps), grid, half.astype("f8"), steps, ["--loss-range", "0:0.5"], 0, 0.5, 0, METHODS, [0.03])
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in found) + "\n]\n")
    return found


if __name__ == "__main__":
    for case in main():
        print(case["file"], *case["options"], "→", case["policy"], case["threshold"])
