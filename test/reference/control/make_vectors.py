#!/usr/bin/env python3
"""Expected values for check and plan, from scipy and the plain betting games of oracle.py (one folder up).

Run `python3 make_vectors.py` to (re)write vectors.json beside it; the search for exact sample counts takes a minute.
"""
import json
import math
import os
import sys

import numpy as np
from scipy.stats import binom

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
from oracle import p_hb, star_log_wealth, wsr_log_wealth  # noqa: E402


def critical_low(n, eps, delta):
    """most losses that still say "holds": max S with P(Bin(n, eps) <= S) <= delta, -1 if none"""
    cdf = binom.cdf(np.arange(n + 1), n, eps)
    return int(np.searchsorted(cdf, delta, side="right")) - 1


def critical_high(n, eps, alpha):
    """fewest losses that say "broken": min S with P(Bin(n, eps) >= S) <= alpha"""
    tail = binom.sf(np.arange(-1, n + 1), n, eps)
    return int(np.argmax(tail <= alpha))


def power_holds(n, risk, eps, delta):
    s = critical_low(n, eps, delta)
    return 0.0 if s < 0 else float(binom.cdf(s, n, risk))


def power_broken(n, risk, eps, alpha):
    return float(binom.sf(critical_high(n, eps, alpha) - 1, n, risk))


def first_and_settled(power, limit):
    """n -> power is a saw: the first n that reaches .8, and the n from which it never falls below again"""
    values = np.array([power(n) for n in range(1, limit)])
    good = values >= 0.8
    assert good[-1]
    below = np.nonzero(~good)[0]
    return int(np.argmax(good)) + 1, int(below[-1]) + 2


def exact_checks():
    rows = []
    for k, n, eps in [(0, 45, 0.05), (0, 44, 0.05), (40, 1000, 0.05), (41, 1000, 0.05), (64, 1000, 0.05), (63, 1000, 0.05), (7, 50, 0.3), (0, 10, 0.5), (10, 10, 0.5)]:
        rows.append(dict(k=k, n=n, epsilon=eps, pHolds=float(binom.cdf(k, n, eps)), pBroken=float(binom.sf(k - 1, n, eps))))
    return rows


def betting_checks():
    rng = np.random.default_rng(7)
    rows = []
    for n, a, b, mean, eps in [(30, -1, 1, 0.0, 0.1), (300, -1, 1, 0.0, 0.05), (300, -1, 1, 0.2, 0.05), (120, 0, 2, 0.05, 0.2), (120, -2, 2, 0.5, 0.2), (200, 0, 1, 0.04, 0.05)]:
        if (a, b) == (-1, 1):
            x = rng.choice([-1.0, 0.0, 1.0], n, p=[(0.3 - mean) / 2, 0.7, (0.3 + mean) / 2])
        else:
            x = np.round(np.clip(rng.normal(mean, 0.2, n), a, b), 3)
        holds = float(star_log_wealth(x, eps, 0.1, b)[0])
        broken = float(star_log_wealth(-x, -eps, 0.05, -a)[0])
        rows.append(dict(losses=x.tolist(), lower=a, upper=b, epsilon=eps, delta=0.1, alpha=0.05, holds=holds, broken=broken))
    return rows


def smallest(certifies):
    n = 1
    while not certifies(n):
        n += 1
    return n


def minimum_samples():
    rows = []
    for eps, delta, b in [(0.05, 0.1, 1), (0.05, 0.1, 2), (0.01, 0.1, 1), (0.1, 0.05, 2), (0.3, 0.3, 1)]:
        goal = math.log(1 / delta)
        rows.append(
            dict(
                epsilon=eps,
                delta=delta,
                upper=b,
                crc=math.ceil(b / eps - 1e-9) - 1,
                cp=math.ceil(math.log(delta) / math.log1p(-eps)) if b == 1 else None,
                hb=smallest(lambda n: p_hb(0, n, eps / b) <= delta),
                wsr=smallest(lambda n: wsr_log_wealth(np.zeros(n), eps, delta, b) > goal),
                star=smallest(lambda n: star_log_wealth(np.zeros(n), eps, delta, b)[0] >= goal - 1e-12),
            )
        )
    return rows


def plan_powers():
    """probability that 0/B losses of a given mean are certified from n rows"""
    rows = []
    for method, b, eps, delta, risk, n in [("ucb:cp", 1, 0.05, 0.1, 0.02, 200), ("ucb:cp", 1, 0.05, 0.1, 0.02, 40), ("ltt:hb", 1, 0.05, 0.1, 0.02, 400), ("ltt:hb", 2, 0.2, 0.1, 0.1, 300), ("crc", 1, 0.05, 0.1, 0.02, 200), ("crc", 2, 0.2, 0.1, 0.1, 100), ("naive", 1, 0.05, 0.1, 0.02, 200)]:
        counts = np.arange(n + 1)
        if method == "ucb:cp":
            ok = binom.cdf(counts, n, eps) <= delta
        elif method == "ltt:hb":
            ok = np.array([p_hb(k, n, eps / b) <= delta for k in counts])
        elif method == "crc":
            ok = counts * b + b <= (n + 1) * eps + 1e-9
        else:
            ok = counts * b <= n * eps + 1e-9
        rows.append(dict(method=method, upper=b, epsilon=eps, delta=delta, risk=risk, n=n, power=float(binom.pmf(counts, n, risk / b)[ok].sum())))
    return rows


def main():
    out = dict(
        exactChecks=exact_checks(),
        bettingChecks=betting_checks(),
        powerOfHolds=[dict(n=n, power=power_holds(n, 0.043, 0.05, 0.1)) for n in (500, 1000, 2000, 4000)],
        samplesToDecide=[
            dict(risk=0.02, epsilon=0.05, toward="holds", between=first_and_settled(lambda n: power_holds(n, 0.02, 0.05, 0.1), 1000)),
            dict(risk=0.04, epsilon=0.05, toward="holds", between=first_and_settled(lambda n: power_holds(n, 0.04, 0.05, 0.1), 4000)),
            dict(risk=0.1, epsilon=0.05, toward="broken", between=first_and_settled(lambda n: power_broken(n, 0.1, 0.05, 0.05), 1000)),
            dict(risk=0.06, epsilon=0.05, toward="broken", between=first_and_settled(lambda n: power_broken(n, 0.06, 0.05, 0.05), 6000)),
        ],
        minimumSamples=minimum_samples(),
        planPowers=plan_powers(),
        planSamples=[dict(risk=0.02, epsilon=0.05, power=0.9, between=first_and_settled(lambda n: power_holds(n, 0.02, 0.05, 0.1) - 0.1, 1500))],
    )
    with open(os.path.join(here, "vectors.json"), "w") as file:
        json.dump(out, file)


if __name__ == "__main__":
    main()
