"""W1 in numpy as one would write it for speed: one pass in cache-sized chunks, every quantity once.

    python3 one_pass_numpy.py FOLDER USAGE.json        FOLDER/logits.npy float32 [N, L, C], FOLDER/labels.npy

Prediction, top-1, top-diff, entropy, Brier against the label and against the full network's prediction, Hellinger distance and
squared distance to the full network. Writes the peak memory of the process, and the mean top-1 as a check.
"""
import json
import resource
import sys

import numpy as np

folder, usage_file = sys.argv[1:3]
logits = np.load(folder + "/logits.npy", mmap_mode="r")
labels = np.load(folder + "/labels.npy").astype(np.int64)
n, exits, classes = logits.shape
scale = 1 / np.log(classes)
out = np.empty((n, exits, 8), np.float32)
chunk = max(1, 64 * 5000 // (exits * classes))
for start in range(0, n, chunk):
    z = logits[start : start + chunk]
    rows = np.arange(len(z))[:, None]
    columns = np.arange(exits)[None]
    y = labels[start : start + chunk, None]
    top = z.argmax(2)
    largest = z[rows, columns, top][..., None]
    d = z - largest
    e = np.exp(d)
    total = e.sum(2)
    p = e / total[..., None]
    second = np.partition(z, classes - 2, axis=2)[..., classes - 2]
    norm = np.einsum("nlc,nlc->nl", p, p)
    root = np.sqrt(p)
    p_delta = p - p[:, -1:]
    root -= root[:, -1:].copy()
    o = out[start : start + chunk]
    o[..., 0] = top
    o[..., 1] = 1 / total
    o[..., 2] = (1 - np.exp(second - largest[..., 0])) / total
    o[..., 3] = 1 - (np.log(total) - np.einsum("nlc,nlc->nl", e, d) / total) * scale
    o[..., 4] = norm - 2 * p[rows, columns, y] + 1
    o[..., 5] = norm - 2 * p[rows, columns, top[:, -1:]] + 1
    o[..., 6] = np.sqrt(np.einsum("nlc,nlc->nl", root, root) / 2)
    o[..., 7] = np.einsum("nlc,nlc->nl", p_delta, p_delta)
used = resource.getrusage(resource.RUSAGE_SELF)
with open(usage_file, "w") as f:
    json.dump(
        dict(
            peakMegabytes=used.ru_maxrss / 1024,
            check=float(out[..., 1].mean(dtype=np.float64)),
        ),
        f,
    )
