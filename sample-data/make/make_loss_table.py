"""Rebuilds the derived files of sample-data/loss-table from its NPY arrays.

usage: python make_loss_table.py TABLE_DIR        (needs numpy)

Writes deediff.npz (lambdas, losses, exits; deflated) and deediff-small.csv (every third row, the first 40 samples).
"""
import sys
from pathlib import Path

import numpy as np

ROW_STEP, SAMPLES = 3, 40


def main(folder):
    lambdas, losses, exits = (np.load(folder / f"{name}.npy") for name in ("lambdas", "losses", "exits"))
    np.savez_compressed(folder / "deediff.npz", lambdas=lambdas, losses=losses, exits=exits)
    lines = [",".join(["lambda", "exits"] + [f"loss_{i}" for i in range(1, SAMPLES + 1)])]
    for k in range(0, len(lambdas), ROW_STEP):
        lines.append(",".join(map(str, [lambdas[k], exits[k], *losses[k, :SAMPLES]])))
    (folder / "deediff-small.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
