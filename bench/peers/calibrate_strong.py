"""Thresholds for 4 risks x 50 risk levels x T splits with the Waudby-Smith-Ramdas bound, as fast as numpy makes it.

   python3 calibrate_strong.py FOLDER TRIALS CALIBRATION_SIZE GRID

FOLDER holds confidence.npy [N, L] and loss-<risk>.npy [N, L]. Vectorised over the GRID thresholds of [0, 1]; the bets
do not depend on the risk level, so they are computed once per split and risk, and no root is searched for.
Prints the sum of all chosen rows, so that two runs can be compared.
"""
import glob
import sys

import numpy as np

folder, trials, size, grid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
delta = 0.1
confidence = np.load(folder + "/confidence.npy")
losses = [np.load(path) for path in sorted(glob.glob(folder + "/loss-*.npy"))]
bounds = [2 if "brier" in path else 1 for path in sorted(glob.glob(folder + "/loss-*.npy"))]
count, exits = confidence.shape
levels = np.linspace(0.01, 0.5, 50)
lambdas = np.linspace(0, 1, grid)[::-1]
highest = np.maximum.accumulate(confidence[:, : exits - 1].astype(float), axis=1)
# The first row of the grid at which a sample has left at each exit or before.
step = grid - np.searchsorted(lambdas[::-1], highest, side="left")
rows = np.arange(grid)[:, None]
goal = np.log(1 / delta)
random = np.random.default_rng(0)
chosen = 0
for _ in range(trials):
    drawn = random.permutation(count)[:size]
    exit_index = (step[drawn][None] > rows[:, :, None]).sum(2)
    for loss, bound in zip(losses, bounds):
        x = loss[drawn][np.arange(size)[None], exit_index]
        t = np.arange(1, size + 1)
        mean = (np.cumsum(x, 1) + 0.5) / (1 + t)
        variance = (np.cumsum((x - mean) ** 2, 1) + 0.25) / (1 + t)
        variance = np.concatenate([np.full((grid, 1), 0.25), variance[:, :-1]], 1)
        bet = np.minimum(np.sqrt(2 * goal / size / variance), 1 / bound)
        alive = 0
        for k in range(grid):
            while alive < 50 and np.log1p(-bet[k] * (x[k] - levels[alive])).cumsum().max() <= goal:
                chosen += k
                alive += 1
            if alive == 50:
                break
print(chosen)
