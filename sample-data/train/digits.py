"""Trains the four-exit digits network and writes its calibration and test logits.

usage: python digits.py OUT_DIR [SEED = 1]

Writes logits_{cal,test}.npy float32 [N, 4, 10], labels_{cal,test}.npy int64 [N] and stats.json.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

from multi_exit import DigitsNet, all_logits, cumulative_macs, train_exits

SPLIT_SEED = 7                      # one split for every training seed: 900 train, 400 calibration, 497 test


def exit_stats(logits, labels):
    """Accuracy, Brier score (sum over the classes), mean top-1 confidence and NLL of each exit."""
    z = logits.astype(np.float64)
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    rows, truth = np.arange(len(p)), np.eye(p.shape[2])[labels]
    exits = range(p.shape[1])
    return {
        "samples": len(p),
        "accuracy": [float((p[:, k].argmax(1) == labels).mean()) for k in exits],
        "brier": [float(((p[:, k] - truth) ** 2).sum(1).mean()) for k in exits],
        "meanTop1Confidence": [float(p[:, k].max(1).mean()) for k in exits],
        "negativeLogLikelihood": [float(-np.log(p[rows, k, labels]).mean()) for k in exits],
    }


def main(out, seed):
    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[:, None]
    y = digits.target.astype(np.int64)
    order = np.random.RandomState(SPLIT_SEED).permutation(len(x))
    train, parts = order[:900], {"cal": order[900:1300], "test": order[1300:]}

    torch.set_num_threads(2)
    torch.manual_seed(seed)
    model = DigitsNet()
    random = np.random.RandomState(seed)
    x_train, y_train = torch.from_numpy(x[train]), torch.from_numpy(y[train])

    def draw_batch():
        rows = random.randint(0, len(x_train), 64)
        images = x_train[rows]
        if random.rand() < 0.5:     # shifts by one pixel
            images = torch.roll(images, (int(random.randint(-1, 2)), int(random.randint(-1, 2))), (2, 3))
        return images, y_train[rows]

    train_exits(model, draw_batch, steps=1500, learning_rate=3e-3)
    out.mkdir(parents=True, exist_ok=True)
    stats = {"cumulativeMacs": cumulative_macs(model, torch.from_numpy(x[:1]))}
    held_out = all_logits(model, torch.from_numpy(x[order[900:]]))
    for (part, rows), logits in zip(parts.items(), (held_out[:400], held_out[400:])):
        np.save(out / f"logits_{part}.npy", logits)
        np.save(out / f"labels_{part}.npy", y[rows])
        stats[part] = exit_stats(logits, y[rows])
    (out / "stats.json").write_text(json.dumps(stats, indent=2) + "\n")
    print(json.dumps(stats, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
