"""Trains the four-exit segmentation network of sample-data/tasks/segmentation, in numpy alone.

usage: python scenes.py DIGITS_DIR OUT_DIR [SEED = 1]

Scenes are 16 x 24 grey pixels 0..16 with one to three of scikit-learn's 8 x 8 digits, under noise of a strength that differs from
scene to scene. Training scenes use the digits of inputs_cal.npy, calibration and test scenes those of inputs_test.npy: each scene
draws its digits anew, so scenes are independent draws from one distribution, and no digit of theirs was trained on.

Writes scenes_{cal,test}.npy uint8 [N, 1, 16, 24], maps_{cal,test}.npy uint8 [N, 16, 24] (0 background, 1 + digit on its strokes,
255 on faint edges, which are neither) and weights.npz, which make/make-segmentation.js turns into model.onnx.

    h_1 = relu(conv(x / 16))   h_k = relu(conv(h_{k-1}), every second pixel)   logits_k = 1 x 1 conv of h_k
"""
import sys
from pathlib import Path

import numpy as np

HEIGHT, WIDTH, CLASSES = 16, 24, 11
WIDTHS = [1, 8, 16, 24, 32]
DILATIONS = [1, 2, 2, 2]
STEPS, BATCH, RATE = 1500, 12, 4e-3
SCENES = 160


def scene(random, digits, labels):
    image = np.zeros((HEIGHT, WIDTH))
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    for slot in random.permutation(3)[:random.integers(1, 4)]:
        i = random.integers(len(digits))
        y, x = random.integers(HEIGHT - 7), 8 * slot + random.integers(-1, 2)
        x = min(max(x, 0), WIDTH - 8)
        digit = digits[i]
        image[y:y + 8, x:x + 8] = np.maximum(image[y:y + 8, x:x + 8], digit)
        part = truth[y:y + 8, x:x + 8]
        part[digit >= 6] = 1 + labels[i]
        part[(digit > 1) & (digit < 6) & (part == 0)] = 255
    image += random.normal(0, random.uniform(0.2, 5), image.shape)
    return np.clip(np.rint(image), 0, 16).astype(np.uint8), truth


def scenes(random, digits, labels, count):
    drawn = [scene(random, digits, labels) for _ in range(count)]
    return np.stack([image for image, _ in drawn])[:, None], np.stack([truth for _, truth in drawn])


def columns(x, dilation):
    """[N, H, W, C] -> [N, H, W, 9 C]: the neighbours that a 3 x 3 kernel sees."""
    d = dilation
    padded = np.pad(x, ((0, 0), (d, d), (d, d), (0, 0)))
    shifts = [(i * d, j * d) for i in range(3) for j in range(3)]
    return np.concatenate([padded[:, i:i + x.shape[1], j:j + x.shape[2]] for i, j in shifts], axis=-1)


def columns_back(grad, dilation, channels):
    d = dilation
    n, h, w, _ = grad.shape
    padded = np.zeros((n, h + 2 * d, w + 2 * d, channels), np.float32)
    for tap in range(9):
        i, j = tap // 3 * d, tap % 3 * d
        padded[:, i:i + h, j:j + w] += grad[..., tap * channels:(tap + 1) * channels]
    return padded[:, d:d + h, d:d + w]


def initial(random):
    weights = {}
    for k, (a, b) in enumerate(zip(WIDTHS, WIDTHS[1:]), 1):
        weights[f"stage_{k}"] = random.normal(0, np.sqrt(2 / (9 * a)), (9 * a, b))
        weights[f"stage_{k}_bias"] = np.zeros(b)
        weights[f"head_{k}"] = random.normal(0, np.sqrt(1 / b), (b, CLASSES))
        weights[f"head_{k}_bias"] = np.zeros(CLASSES)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def forward(weights, x):
    """Logits of every exit, and what the gradients need."""
    hidden, seen, logits = [x], [], []
    for k, dilation in enumerate(DILATIONS, 1):
        seen.append(columns(hidden[-1], dilation))
        hidden.append(np.maximum(0, seen[-1] @ weights[f"stage_{k}"] + weights[f"stage_{k}_bias"]))
        logits.append(hidden[-1] @ weights[f"head_{k}"] + weights[f"head_{k}_bias"])
    return logits, hidden, seen


def gradients(weights, x, truth):
    logits, hidden, seen = forward(weights, x)
    valid = truth != 255
    onehot = np.eye(CLASSES, dtype=np.float32)[np.where(valid, truth, 0)]
    # strokes are few: a pixel of a digit counts four times
    pixel = valid * np.where(truth > 0, 4.0, 1.0)
    pixel = (pixel / pixel.sum())[..., None].astype(np.float32)
    grads, losses, back = {}, [], 0
    for k in range(len(DILATIONS), 0, -1):
        z = logits[k - 1]
        p = np.exp(z - z.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        losses.insert(0, float(-(pixel * onehot * np.log(p + 1e-12)).sum()))
        dz = pixel * (p - onehot)
        h = hidden[k]
        grads[f"head_{k}"] = np.tensordot(h, dz, ([0, 1, 2], [0, 1, 2]))
        grads[f"head_{k}_bias"] = dz.sum((0, 1, 2))
        dh = (dz @ weights[f"head_{k}"].T + back) * (h > 0)
        grads[f"stage_{k}"] = np.tensordot(seen[k - 1], dh, ([0, 1, 2], [0, 1, 2]))
        grads[f"stage_{k}_bias"] = dh.sum((0, 1, 2))
        back = columns_back(dh @ weights[f"stage_{k}"].T, DILATIONS[k - 1], WIDTHS[k - 1])
    return grads, losses


def train(random, digits, labels):
    weights = initial(random)
    first = {name: np.zeros_like(w) for name, w in weights.items()}
    second = {name: np.zeros_like(w) for name, w in weights.items()}
    for step in range(1, STEPS + 1):
        images, truth = scenes(random, digits, labels, BATCH)
        grads, losses = gradients(weights, as_input(images), truth)
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        for name, g in grads.items():
            first[name] += 0.1 * (g - first[name])
            second[name] += 0.001 * (g * g - second[name])
            corrected = first[name] / (1 - 0.9 ** step), second[name] / (1 - 0.999 ** step)
            weights[name] -= (rate * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)).astype(np.float32)
        if step % 250 == 0:
            print(f"step {step}/{STEPS}, loss per exit {[round(loss, 3) for loss in losses]}", flush=True)
    return weights


def as_input(images):
    return np.moveaxis(images, 1, -1).astype(np.float32) / 16


def main(source, out, seed):
    pools = {}
    for part in ("cal", "test"):
        digits = np.rint(16 * np.load(source / f"inputs_{part}.npy")[:, 0])
        pools[part] = digits, np.load(source / f"labels_{part}.npy")
    random = np.random.default_rng(seed)
    weights = train(random, *pools["cal"])
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "weights.npz", **weights)
    for part in ("cal", "test"):
        images, truth = scenes(random, *pools["test"], SCENES)
        np.save(out / f"scenes_{part}.npy", images)
        np.save(out / f"maps_{part}.npy", truth)
        valid = truth != 255
        for k, z in enumerate(forward(weights, as_input(images))[0], 1):
            right = (z.argmax(-1) == truth)[valid]
            print(part, f"exit {k}: pixel accuracy {right.mean():.3f}, on strokes {right[truth[valid] > 0].mean():.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
