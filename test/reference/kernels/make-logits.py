"""Reference scores of logits: makes logits.json and bits.json in this folder.

    python3 make-logits.py        (numpy >= 2)

logits.json  groups of rows [rowCount, exitCount, classCount] as base64 little-endian float32 (or float64), with every output
             computed in float64 by the textbook formulas (masks and tiny terms included). Tests allow 2e-7.
bits.json    the kernel's own recipe (src/kernels/logit-scorer.ts) repeated with numpy's float32 arithmetic, as IEEE bits:
             numpy rounds every single operation, so agreement shows that the recipe does not depend on the engine.
"""
import base64
import json
import os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
F = np.float32
rng = np.random.default_rng(20240528)


def pack(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


# ---- float64 reference -------------------------------------------------------------------------------------------

def reference(z, labels):
    z = z.astype(np.float64)
    n, L, C = z.shape
    d = z - z.max(-1, keepdims=True)
    e = np.exp(d)
    p = e / e.sum(-1, keepdims=True)
    logp = np.where(e > 0, d, 0.0) - np.log(e.sum(-1, keepdims=True))
    s = np.sort(p, -1)
    pred = z.argmax(-1)
    one = np.eye(C)
    brier = ((p - one[labels][:, None, :]) ** 2).sum(-1)
    top = ((p - one[pred[:, -1]][:, None, :]) ** 2).sum(-1)
    wrong = (pred != labels[:, None]).astype(float)
    out = {
        "top1": s[..., -1],
        "top-diff": s[..., -1] - s[..., -2],
        "entropy": 1 + (p * logp).sum(-1) / np.log(C),
        "prediction": pred,
        "brier": brier,
        "prediction-gap": wrong - wrong[:, -1:],
        "prediction-consistency": (pred != pred[:, -1:]).astype(float),
        "brier-gap": brier - brier[:, -1:],
        "brier-consistency-top": top - top[:, -1:],
        "brier-consistency": ((p - p[:, -1:]) ** 2).sum(-1),
        "hellinger": np.sqrt(((np.sqrt(p) - np.sqrt(p[:, -1:])) ** 2).sum(-1) / 2),
    }
    return {k: v.ravel().tolist() for k, v in out.items()}


def group(name, z, labels=None):
    n, L, C = z.shape
    labels = rng.integers(0, C, n) if labels is None else np.asarray(labels)
    return dict(name=name, type=str(z.dtype), shape=[n, L, C], values=pack(z), labels=labels.tolist(), expected=reference(z, labels))


def network(n, L, C, scale, dtype=F):
    """later exits repeat earlier ones with less noise, as trained networks do"""
    base = rng.normal(0, 1, (n, 1, C))
    noise = rng.normal(0, 1, (n, L, C)) * np.linspace(1, 0.05, L)[None, :, None]
    return ((base + noise) * scale).astype(dtype)


def masked(z, share):
    z = z.copy()
    mask = rng.random(z.shape) < share
    mask[..., 0] = False
    z[mask] = -np.inf
    return z


def groups():
    out = [
        group("two classes", network(24, 3, 2, 2.0)),
        group("three classes", network(16, 3, 3, 3.0)),
        group("ten classes", network(12, 4, 10, 4.0)),
        group("sixty-five classes (a tail of one)", network(6, 3, 65, 3.0)),
        group("a thousand classes", network(2, 3, 1000, 2.5)),
        group("float64 logits", network(6, 3, 10, 4.0, np.float64)),
        group("float64 logits that tie in float32", np.array([[[1.0, 1.0 + 2**-40, 0.0], [0.0, 1.0, 1.0 + 2**-50]]])),
        group("float16 origin", network(4, 3, 33, 6.0).astype(np.float16).astype(F)),
        group("masks", masked(network(6, 3, 12, 4.0), 0.4)),
        group("close distributions", (lambda z: (z + rng.normal(0, 1e-4, (8, 3, 10))).astype(F))(network(8, 1, 10, 2.0)[:, [0, 0, 0]])),
    ]
    ties = np.array([[[0, 0, 0, 0, 0], [1, 2, 2, 0, 2], [5, -5, 5, 5, -5]], [[-0.0, 0.0, -0.0, 0, 0], [7, 7, 7, 7, 7], [3, 1, 3, 1, 3]]], F)
    out.append(group("ties", ties, [2, 4]))
    extreme = np.array([
        [[0, 1e30, -1e30], [0, 20, -20], [0, 0, 88]],
        [[-3e38, 3e38, 0], [65504, -65504, 65503], [-100, -101, -143.6]],
        [[1e-40, 0, -1e-40], [0, -43.49, -43.51], [0, -86, -87]],
        [[-np.inf, 5, -np.inf], [5, -np.inf, 5], [-np.inf, -np.inf, -1000]],
        [[0, 0.6931, -0.6932], [16777216, 16777215, 16777214], [0, -0.34657, -1.03972]],
    ], F)
    out.append(group("extremes", extreme, [0, 1, 2, 0, 1]))
    return out


# ---- the recipe in numpy float32 ---------------------------------------------------------------------------------

C2, C3, C4, C5, C6 = [F(c) for c in (0.4999999403953552, 0.1666652113199234, 0.04166840389370918, 0.008368744514882565, 0.0013813698897138238)]
ROUND = F(12582912)


def softmax_terms(x, m):
    """d and t; x and m float32, m below 128 in size"""
    power = (m * F(1.4426950216293335) + ROUND) - ROUND
    x = np.maximum(x, m + F(-43))
    d = x - m
    k = (x * F(1.4426950216293335) + (ROUND - power)) - (ROUND - power)
    u = (x - k * F(0.693145751953125)) - k * F(1.428606765330187e-06)
    u2 = u * u
    w = ((C6 * u2 + (C5 * u + C4)) * u2 + (C3 * u + C2)) * u2 + u
    return d, np.ldexp(w + F(1), (k - power).astype(np.int32)).astype(F)


def lane_sum(x, fill=F(0)):
    """of 16 elements a lane adds its four in float32, in pairs, and that to its float64 total"""
    x = np.concatenate([x, np.full(-len(x) % 16, fill, F)]).reshape(-1, 4, 4)
    total = np.zeros(4)
    for block in x:
        total = total + ((block[0] + block[1]) + (block[2] + block[3])).astype(np.float64)
    return (total[0] + total[1]) + (total[2] + total[3])


def recipe_row(x):
    top = int(np.argmax(x))
    with np.errstate(invalid="ignore", over="ignore"):
        y, m = (x, x[top]) if abs(x[top]) < 128 else (x - x[top], F(0))
    rest = y.copy()
    rest[top] = -np.inf
    rest = np.concatenate([rest, np.full(-len(x) % 16, -np.inf, F)])
    _, t = softmax_terms(rest, m)
    T, Q = lane_sum(t), lane_sum(t * t)
    M, second = softmax_terms(np.array([y[top], np.partition(y, -2)[-2]]), m)[1]
    t[top] = M
    return dict(top=top, t=t, M=float(M), S=float(M) + T, Q=Q, second=float(second))


def distances(r, full):
    """sum of (sqrt p - sqrt q)^2 and of (p - q)^2: two maxima in float64, all other classes in float32 lanes"""
    tops = [r["top"]] + [full["top"]] * (full["top"] != r["top"])
    p = r["t"] * F(1 / r["S"])
    q = full["t"] * F(1 / full["S"])
    a = {k: float(r["t"][k]) / r["S"] for k in tops}
    b = {k: float(q[k]) for k in tops} | {full["top"]: full["M"] / full["S"]}
    p[tops] = q[tops] = 0
    roots, squares = lane_sum((np.sqrt(p) - np.sqrt(q)) ** 2), lane_sum((p - q) ** 2)
    for k in tops:
        roots += (np.sqrt(a[k]) - np.sqrt(b[k])) ** 2
        squares += (a[k] - b[k]) ** 2
    return roots, squares


def recipe(z, labels):
    """top1, top-diff (float32) and brier, brier-consistency, hellinger (float64); entropy, which adds a logarithm, has none"""
    n, L, C = z.shape
    out = {k: [] for k in ("top1", "top-diff", "brier", "brier-consistency", "hellinger")}
    for i in range(n):
        full = recipe_row(z[i, -1])
        for l in range(L):
            r = recipe_row(z[i, l])
            S = r["S"]
            M = r["M"]
            ty = float(r["t"][labels[i]])
            roots, squares = distances(r, full)
            out["top1"].append(F(M / S))
            out["top-diff"].append(F(max(0.0, (M - r["second"]) / S)))
            out["brier"].append(min(2.0, max(0.0, (M * M + r["Q"]) / (S * S) - 2 * ty / S + 1)))
            out["brier-consistency"].append(0.0 if l == L - 1 else min(2.0, squares))
            out["hellinger"].append(0.0 if l == L - 1 else min(1.0, float(np.sqrt(roots / 2))))
    width = {"top1": F, "top-diff": F}
    bits = {k: pack(np.array(v, width.get(k, np.float64))) for k, v in out.items()}
    return bits


def main():
    made = groups()
    with open(os.path.join(HERE, "logits.json"), "w") as f:
        json.dump(made, f)
        f.write("\n")
    bits = []
    for g in made:
        if g["type"] != "float32":
            continue
        z = np.frombuffer(base64.b64decode(g["values"]), F).reshape(g["shape"])
        bits.append(dict(name=g["name"], expected=recipe(z, g["labels"])))
    with open(os.path.join(HERE, "bits.json"), "w") as f:
        json.dump(bits, f)
        f.write("\n")


main()
