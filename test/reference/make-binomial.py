#!/usr/bin/env python3
"""Reference values (60-digit arithmetic) of binomial tails and Clopper-Pearson bounds (mpmath only).

Run `python3 make-binomial.py` to rewrite binomial.json (lower tail, upper bound) and
binomial-tails.json (upper tail, lower bound); `--check` compares with the files instead.
Arguments are the exact doubles that the JSON holds; values are strings of 20 digits.

A tail is summed from its largest term outwards by the exact ratio of neighbouring terms, until a
term no longer changes the sum; a bound is the root of the logarithm of the tail.
"""
import json
import math
import sys

from mpmath import findroot, log, loggamma, mp, mpf, nstr

mp.dps = 60
TINY = mpf(10) ** -62
SIZES = (10, 100, 2000, 10_000, 100_000, 1_000_000)
PROBABILITIES = (0.001, 0.01, 0.05, 0.1, 0.3, 0.5)
DELTAS = (0.1, 0.05, 0.001, 1e-6, 1e-12, 1e-30, 1e-100)


def mass(k, n, p):
    c = loggamma(mpf(n + 1)) - loggamma(mpf(k + 1)) - loggamma(mpf(n - k + 1))
    return mp.exp(c + k * log(p) + (n - k) * mp.log1p(-p))


def lower_tail(k, n, p):
    """P(Bin(n, p) <= k) for k at or below the mean."""
    p = mpf(p)
    term = total = mass(k, n, p)
    odds = (1 - p) / p
    for j in range(k, 0, -1):
        term *= odds * j / (n - j + 1)
        total += term
        if term < total * TINY:
            break
    return total


def upper_tail(k, n, p):
    """P(Bin(n, p) >= k) for k at or above the mean."""
    return lower_tail(n - k, n, 1 - mpf(p))


def root(f, low, high):
    return findroot(f, (mpf(low), mpf(high)), solver="anderson", tol=mpf(10) ** -60, maxsteps=400)


def upper_bound(k, n, delta):
    """u with P(Bin(n, u) <= k) = delta."""
    goal = log(mpf(delta))
    if k == 0:
        return -mp.expm1(goal / n)
    spread = math.sqrt(-2 * float(goal) * n) + 2
    high = min(1 - mpf(10) ** -16, (k + 1 + 2 * spread) / mpf(n))
    return root(lambda u: log(lower_tail(k, n, u)) - goal, mpf(k + 1) / (n + 1), high)


def lower_bound(k, n, delta):
    """l with P(Bin(n, l) >= k) = delta, searched in the logarithm of l."""
    goal = log(mpf(delta))
    if k == n:
        return mp.exp(goal / n)
    if k == 1:
        return -mp.expm1(mp.log1p(-mpf(delta)) / n)
    low = (goal - math.lgamma(n + 1) + math.lgamma(k + 1) + math.lgamma(n - k + 1)) / k
    return mp.exp(root(lambda t: log(upper_tail(k, n, mp.exp(t))) - goal, low, log(mpf(k) / n)))


def tail_rows(side):
    rows = []
    for n in SIZES:
        for p in PROBABILITIES:
            spread = math.sqrt(n * p * (1 - p))
            for z in (36, 30, 20, 12, 6, 3, 1, 0):
                if side == "cdf":
                    k = max(0, math.floor(n * p - z * spread))
                    value = lower_tail(k, n, p)
                else:
                    k = min(n, math.ceil(n * p + z * spread))
                    value = upper_tail(k, n, p)
                if value > mpf(10) ** -300 and [k, n, p] not in [r[:3] for r in rows[-8:]]:
                    rows.append([k, n, p, nstr(value, 20)])
    return rows


def bound_rows(side):
    rows = []
    for n in (10, 100, 1000, 10_000, 100_000, 1_000_000):
        for k in sorted({0, 1, min(10, n // 2), n // 10, n // 3}):
            for delta in DELTAS:
                if side == "lower" and k == 0:
                    continue
                # A bound closer to 1 than 1e-12 says nothing about relative accuracy in double precision.
                if side == "q" and n == 10 and k >= 3 and delta < 1e-50:
                    continue
                value = upper_bound(k, n, delta) if side == "q" else lower_bound(k, n, delta)
                rows.append([k, n, delta, nstr(value, 20)])
    return rows


def agree(ours, theirs):
    return len(ours) == len(theirs) and all(
        a[:3] == b[:3] and abs(mpf(a[3]) / mpf(b[3]) - 1) < mpf(10) ** -18 for a, b in zip(ours, theirs)
    )


if __name__ == "__main__":
    made = {
        "binomial.json": {"cdf": tail_rows("cdf"), "q": bound_rows("q")},
        "binomial-tails.json": {"upper": tail_rows("upper"), "lower": bound_rows("lower")},
    }
    for name, content in made.items():
        if "--check" in sys.argv:
            with open(name) as file:
                stored = json.load(file)
            for key, rows in content.items():
                print(name, key, len(rows), "agree" if agree(rows, stored[key]) else "DIFFER")
        else:
            with open(name, "w") as file:
                json.dump(content, file)
            print("wrote", name)
