"""Writes the data of sample-data/tasks: classification, language and diffusion.

usage, from the root of the repository: python sample-data/make/make_tasks.py EXITS_PER_SAMPLE        (needs numpy)

EXITS_PER_SAMPLE is exits_per_sample.npy of `python sample-data/train/diffusion.py OUT_DIR`.

classification/  the logits of sample-data/digits in the files that image networks leave: imagenet.p, a pickle of torch tensors
                 (logits [exit, sample, class], targets, accuracies), and logits_single.pth, a torch zip file of (val_pred,
                 val_target, test_pred, test_target), predictions after the softmax. Torch is not needed to write them.
language/        made up, see there: no model and no text is behind these numbers.
diffusion/       sample-data/loss-table with the exits of every sample, split in halves.
"""
import pickle
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
TASKS = ROOT / "tasks"
sys.path.insert(0, str(ROOT.parent / "test" / "reference" / "authors"))
from make_authors import Tensor, softmax, torch_zip  # noqa: E402


def classification():
    z, y = ({part: np.load(ROOT / f"digits/{kind}_{part}.npy") for part in ("cal", "test")} for kind in ("logits", "labels"))
    exit_major = z["cal"].transpose(1, 0, 2)
    accuracy = [float(100 * (exits.argmax(1) == y["cal"]).mean()) for exits in exit_major]
    file = (Tensor(exit_major), Tensor(y["cal"], "cuda:0"), accuracy)
    (TASKS / "classification/imagenet.p").write_bytes(pickle.dumps(file, 4))
    four = [x for part in ("cal", "test")
            for x in ([Tensor(softmax(exits).astype("f4")) for exits in z[part].transpose(1, 0, 2)], Tensor(y[part]))]
    (TASKS / "classification/logits_single.pth").write_bytes(torch_zip(tuple(four)))


def summaries(random, count):
    """CALM-like: a decoder of 8 layers writes 24 words per text; a word leaves when its saturation exceeds λ.

    Easy texts saturate early. A word that leaves early is wrong with a probability that falls with depth; one wrong word
    spoils the next ones too. The score is the share of words that agree with what a reference says, which the full model
    misses now and then as well. λ = 1 is the safest row, but not the full model: saturation can reach 1 before the last layer.
    """
    layers, words = 8, 24
    lambdas = np.round(np.linspace(1, 0.7, 25), 4)
    ease = random.beta(3, 2, count)[:, None]
    speed = np.clip(ease + 0.15 * random.normal(size=(count, words)), 0.05, 1)
    depth = np.arange(1, layers)
    saturation = np.round(1 - np.exp(-1.6 * speed[:, :, None] * depth), 3)
    agrees = random.random((count, words)) < 0.6 + 0.35 * ease
    scores, exits = [], []
    for value in lambdas:
        leaves = saturation >= value if value == 1 else saturation > value
        taken = np.where(leaves.any(2), leaves.argmax(2) + 1, layers)
        wrong = random.random((count, words)) < 0.9 * np.exp(-2.2 * speed * taken)
        spoilt = wrong | (np.roll(wrong, 1, 1) & (random.random((count, words)) < 0.4))
        luck = random.random((count, words)) < 0.03  # another word may agree as well
        scores.append(((agrees & ~spoilt) | (~agrees & spoilt & luck)).mean(1))
        exits.append(taken.mean(1))
    return lambdas, np.array(exits), np.array(scores)


def translations(random, count):
    """BiLD-like: a small model writes, a large one takes over when the distance of the two exceeds the rollback threshold.

    The smaller the threshold the more the large model writes, so the smallest λ is the safest; the rule is λ > distance. Costs
    are seconds per sentence.
    """
    lambdas = np.round(np.arange(0, 10.01, 0.5), 2)
    words = random.integers(12, 40, count)
    level = random.gamma(3, 0.35, count)
    quality = np.clip(0.42 + 0.1 * random.normal(size=count), 0, 1)
    scores, costs = [], []
    for value in lambdas:
        alone = 1 - np.exp(-value / (2.5 * level))  # share of words that the small model keeps
        loss = 0.05 * level * alone**4 + 0.03 * random.normal(size=count) * np.sqrt(alone)
        scores.append(np.clip(quality - loss, 0, 1))
        costs.append(words * (0.012 + 0.06 * (1 - alone)))
    return lambdas, np.array(costs), np.array(scores)


def language():
    folder = TASKS / "language"
    for part, seed in (("cal", 5), ("test", 6)):
        lambdas, exits, scores = summaries(np.random.default_rng(seed), 300)
        file = (lambdas, exits.mean(1), scores.astype("f4"))
        (folder / f"calm_{part}.p").write_bytes(pickle.dumps(file, 4))
        lambdas, costs, scores = translations(np.random.default_rng(seed + 10), 300)
        np.savez_compressed(folder / f"bild_{part}.npz", lambdas=lambdas, scores=scores.astype("f4"), costs=costs.astype("f4"))


def diffusion(per_sample):
    lambdas, losses = (np.load(ROOT / f"loss-table/{name}.npy") for name in ("lambdas", "losses"))
    exits = np.load(per_sample).astype("f4")
    for part, half in (("cal", slice(0, 400)), ("test", slice(400, 800))):
        np.savez_compressed(TASKS / f"diffusion/deediff_{part}.npz", lambdas=lambdas, losses=losses[:, half], exits=exits[:, half])


if __name__ == "__main__":
    classification()
    language()
    diffusion(sys.argv[1])
