#!/usr/bin/env python3
"""Small inputs in every layout and format, and the answers that calibrate and check have to give (oracle.py, one folder up).

Run `python3 make_inputs.py` to rewrite everything beside it. Reads ../../../sample-data; needs numpy and scipy; a minute.
"""
import io
import json
import math
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
from scipy.stats import binom

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import oracle  # noqa: E402

DATA = HERE.parents[2] / "sample-data"
ROWS = 60
DIGITS = ["sample-data/digits/logits_cal.npy", "--labels", "sample-data/digits/labels_cal.npy", "--no-shuffle"]


def save(name, array):
    np.save(HERE / name, array)


def safetensors(arrays):
    codes = {"float32": "F32", "int64": "I64"}
    header, data = {}, b""
    for key, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        header[key] = {"dtype": codes[str(array.dtype)], "shape": array.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def probabilities(logits):
    return oracle.softmax(logits.astype(np.float64)).astype(np.float32).astype(np.float64)


def write_logits():
    """The first rows of the digits in every spelling; all of them mean the same table."""
    z = np.load(DATA / "digits/logits_cal.npy")[:ROWS]
    y = np.load(DATA / "digits/labels_cal.npy")[:ROWS]
    save("nlc.npy", z)
    save("lnc.npy", np.ascontiguousarray(z.transpose(1, 0, 2)))
    save("ncl.npy", np.ascontiguousarray(z.transpose(0, 2, 1)))
    save("big-endian-fortran-float64.npy", np.asfortranarray(z.astype(">f8")))
    save("labels.npy", y)
    save("labels-float.npy", y.astype(np.float32))
    (HERE / "labels.txt").write_text("".join(f"{k}\n" for k in y))
    np.savez_compressed(HERE / "named.npz", logits=z, labels=y)
    np.savez(HERE / "truth.npz", logits=z, truth=y)
    np.savez_compressed(HERE / "positional.npz", *(z[:, l] for l in range(4)))
    np.savez_compressed(HERE / "heads.npz", **{f"head_{name}": z[:, l] for l, name in enumerate("abcd")}, labels=y)
    for l, name in enumerate(["one", "two", "three", "four"]):
        save(f"exit-{name}.npy", z[:, l])
    (HERE / "named.safetensors").write_bytes(safetensors({"logits": z, "labels": y}))
    save("probs.npy", oracle.softmax(z.astype(np.float64)))
    half = z.astype(np.float16)
    save("float16.npy", half)
    save("float16-as-float32.npy", half.astype(np.float32))
    (HERE / "paper.p").write_bytes(pickle.dumps((z.transpose(1, 0, 2), y), protocol=4))
    split = {"val": slice(0, 40), "test": slice(40, ROWS)}
    parts = [x for s in split.values() for x in (z[s].transpose(1, 0, 2).copy(), y[s])]
    (HERE / "msdnet.p").write_bytes(pickle.dumps(tuple(parts), protocol=2))
    for name, s in split.items():
        np.savez_compressed(HERE / f"part-{name}.npz", logits=z[s], labels=y[s])
    save("labels-void.npy", np.where(np.arange(ROWS) % 10 == 3, -1, y))
    save("kept.npy", z[np.arange(ROWS) % 10 != 3])
    save("kept-labels.npy", y[np.arange(ROWS) % 10 != 3])
    top1 = probabilities(z).max(-1).astype(np.float32)
    save("column.npy", top1)
    save("column-early.npy", top1[:, :-1].copy())


def write_tables():
    """Exit tables with a loss of one's own, and loss tables in every direction."""
    rng = np.random.default_rng(3)
    conf = rng.random((50, 3)).astype(np.float32)
    loss = np.where(rng.random((50, 3)) < 0.1, 1, 0)
    loss[:, -1] = 0
    names = [f"confidence_{l}" for l in (1, 2, 3)] + [f"loss:mine_{l}" for l in (1, 2, 3)]
    rows = [[*map(float, conf[i]), *map(int, loss[i])] for i in range(50)]
    text = "\n".join([",".join(names)] + [",".join(map(repr, row)) for row in rows])
    (HERE / "own-loss.csv").write_text(text + "\n")
    (HERE / "own-loss.json").write_text(json.dumps([dict(zip(names, row)) for row in rows]))

    lambdas = np.round(np.linspace(1, 0, 11), 1)
    exits = 1 + 3 * lambdas
    losses = np.maximum(0, 0.4 * rng.random((1, 40)) * (1 - lambdas[:, None]) + 0.02 * (rng.random((11, 40)) - 0.5))
    losses[0] = 0
    np.savez(HERE / "table.npz", lambdas=lambdas, losses=losses, exits=exits)
    order = rng.permutation(11)
    np.savez(HERE / "table-shuffled.npz", lambdas=lambdas[order], losses=losses[order], exits=exits[order])
    np.savez(HERE / "table-up.npz", lambdas=1 - lambdas, losses=losses, exits=exits)
    scores = 0.9 - losses
    np.savez(HERE / "table-scores.npz", lambdas=lambdas, scores=scores, exits=exits)
    np.savez(HERE / "table-reference.npz", lambdas=np.concatenate([[1.1], lambdas]), losses=np.concatenate([losses[:1] + 0.01, losses]))
    save("table-lambdas.npy", lambdas)
    save("table-losses.npy", losses)
    save("table-exits.npy", exits)
    save("table-exits-per-sample.npy", np.broadcast_to(exits[:, None], (11, 40)).copy())
    binary = (losses > 0.15).astype(np.float64)
    np.savez(HERE / "table-binary.npz", lambdas=lambdas, losses=binary)
    return dict(own=(conf, loss.astype(float)), lambdas=lambdas, losses=losses, scores=scores, binary=binary, exits=exits)


def digits(part):
    z = np.load(DATA / f"digits/logits_{part}.npy")
    y = np.load(DATA / f"digits/labels_{part}.npy")
    p = oracle.softmax(z.astype(np.float64))
    hat, right = z.argmax(2), (z.argmax(2) == y[:, None]).astype(float)
    brier = ((p - np.eye(10)[y][:, None]) ** 2).sum(2)
    conf = {"top1": oracle.conf_top1(p), "top-diff": oracle.conf_topdiff(p), "entropy": oracle.conf_entropy(p)}
    gap = {
        "prediction-gap": (right[:, -1:] - right, -1, 1),
        "prediction-consistency": ((hat != hat[:, -1:]).astype(float), 0, 1),
        "brier-gap": (brier - brier[:, -1:], -2, 2),
        "brier-consistency": (((p - p[:, -1:]) ** 2).sum(2), 0, 2),
    }
    return {k: v.astype(np.float32).astype(float) for k, v in conf.items()}, gap


def answer(lam, conf, gap):
    policy = "never-exit" if lam == math.inf else "first-exit" if lam == -math.inf else "threshold"
    n, L = gap.shape
    e = oracle.exits(conf, lam, L)
    return dict(policy=policy, threshold=lam if policy == "threshold" else None, meanExit=float(e.mean()),
                empiricalRisk=float(gap[np.arange(n), e - 1].mean()))


def exact_cases():
    conf, gaps = digits("cal")
    wanted = [
        ("naive", "prediction-gap", "top1", 0.03), ("naive", "brier-gap", "entropy", 0.05),
        ("crc:first-failure", "prediction-gap", "top1", 0.05), ("crc:monotone", "prediction-gap", "top1", 0.05),
        ("crc:last-pass", "prediction-gap", "entropy", 0.05), ("crc", "prediction-consistency", "top-diff", 0.02),
        ("ucb:cp", "prediction-consistency", "top1", 0.05), ("ucb", "prediction-consistency", "top-diff", 0.1),
        ("ltt", "prediction-consistency", "top1", 0.08), ("ltt:hb", "prediction-gap", "top1", 0.1),
        ("ucb:star", "prediction-gap", "top1", 0.05), ("ucb", "brier-gap", "entropy", 0.05),
        ("ucb:wsr", "prediction-gap", "top1", 0.05), ("ucb:wsr", "brier-consistency", "top1", 0.1),
        ("ucb", "prediction-gap", "top1", 0.003), ("crc", "prediction-gap", "top1", 0.002), ("naive", "prediction-gap", "top1", 0.5),
    ]
    defaults = {"ucb": {"prediction-consistency": "cp"}, "ltt": {}, "crc": {}}
    for method, risk, measure, eps in wanted:
        gap, a, B = gaps[risk]
        c = conf[measure]
        name, _, variant = method.partition(":")
        if name == "naive":
            lam = oracle.exact_naive(c, gap, eps)
        elif name == "crc":
            rule = {"monotone": oracle.exact_crc_mono, "last-pass": oracle.exact_crc_last}.get(variant, oracle.exact_ff_crc)
            lam = rule(c, gap, eps, B)
        else:
            bound = variant or ("hb" if name == "ltt" else defaults[name].get(risk, "star"))
            x = np.maximum(gap, 0) if bound == "hb" else gap
            lam = oracle.exact_hp(c, x, eps, 0.1, bound, a, B)
        argv = ["calibrate", *DIGITS, "--grid", "exact", "-e", str(eps), "--method", method, "--risk", risk, "--confidence", measure]
        yield dict(argv=argv, **answer(lam, c, gap))


def table_cases(t):
    own_conf, own_loss = t["own"]
    for method, pick in {"naive": oracle.exact_naive, "crc": oracle.exact_ff_crc}.items():
        argv = ["calibrate", "<inputs>/own-loss.csv", "--risk", "mine", "--loss-range", "0:1", "-e", "0.1", "--method", method, "--no-shuffle"]
        yield dict(argv=argv, **answer(pick(own_conf.astype(float), own_loss, 0.1), own_conf, own_loss))
    argv = ["calibrate", "<inputs>/own-loss.csv", "--risk", "mine", "--binary", "-e", "0.2", "--no-shuffle"]
    yield dict(argv=argv, **answer(oracle.exact_hp(own_conf.astype(float), own_loss, 0.2, 0.1, "cp", 0, 1), own_conf, own_loss))

    def table(name, X, eps, method, a=0.0, B=1.0, options=(), lambdas=t["lambdas"]):
        row = {"naive": lambda: oracle.sel_naive(X, eps), "crc": lambda: oracle.sel_crc(X, eps, B),
               "ucb:star": lambda: oracle.sel_hp(X, eps, 0.1, "star", a, B), "ucb:cp": lambda: oracle.sel_hp(X, eps, 0.1, "cp", a, B),
               "ltt:hb": lambda: oracle.sel_hp(np.maximum(X, 0), eps, 0.1, "hb", a, B)}[method]()
        argv = ["calibrate", f"<inputs>/{name}", *options, "-e", str(eps), "--method", method, "--no-shuffle"]
        return dict(argv=argv, policy="never-exit" if row < 0 else "threshold", threshold=None if row < 0 else float(lambdas[row]),
                    empiricalRisk=0.0 if row < 0 else float(X[row].mean()))

    losses = t["losses"]
    for method in ("naive", "crc", "ucb:star", "ltt:hb"):
        yield table("table.npz", losses, 0.12, method)
        yield table("table-shuffled.npz", losses, 0.12, method)
        yield table("table-up.npz", losses, 0.12, method, options=("--lambda-direction", "up"), lambdas=1 - t["lambdas"])
    drops = t["scores"][:1] - t["scores"]
    yield table("table-scores.npz", drops, 0.12, "naive", a=-1)
    yield table("table-scores.npz", drops, 0.2, "ucb:star", a=-1)
    yield table("table-losses.npy", losses, 0.12, "crc", options=("--lambdas", "<inputs>/table-lambdas.npy"))
    yield table("table.npz", losses, 0.12, "crc", B=0.5, options=("--loss-range", "0:0.5"))
    yield table("table-binary.npz", t["binary"], 0.3, "ucb:cp", options=("--binary",))


def check_cases():
    """0/1 losses: exact binomial tails at the file's threshold."""
    conf, gaps = digits("test")
    gap, c = gaps["prediction-consistency"][0], conf["top1"]
    for threshold, eps in [(0.9, 0.05), (0.55, 0.05), (0.3, 0.1)]:
        e = oracle.exits(c, threshold, 4)
        n, k = len(c), int(gap[np.arange(len(c)), e - 1].sum())
        yield dict(threshold=threshold, epsilon=eps, samples=n, losses=k, pHolds=float(binom.cdf(k, n, eps)),
                   pBroken=float(binom.sf(k - 1, n, eps)), meanExit=float(e.mean()))


def main():
    write_logits()
    tables = write_tables()
    expected = {"calibrate": [*exact_cases(), *table_cases(tables)], "check": list(check_cases())}
    text = ",\n".join(f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]" for name, cases in expected.items())
    (HERE / "expected.json").write_text("{" + text + "}\n")


if __name__ == "__main__":
    main()
