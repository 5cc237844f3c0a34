"""Dense logits, their confidences and losses per image, computed directly with numpy in float64.

    python3 test/reference/dense/make_dense.py

Writes the arrays and expected.json beside itself. Nothing here is fast: windows are cut out one by one, IoU is counted class
by class. `images` has ties, masked (-inf) logits, classes that occur nowhere, ignored pixels and one image without any label;
`pixels` are images of one pixel; `probs` are probabilities.
"""
import json
import os
import pickle
import struct
import zipfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
AGGREGATIONS = ["mean", "quantile:0", "quantile:0.25", "quantile:0.9", "patch:1", "patch:3", "patch:3:0.01", "patch:5:0.5"]


def softmax(z):
    z = z.astype(np.float64)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def measures(p):
    """p [..., C] -> per-pixel confidences."""
    ordered = np.sort(p, axis=-1)
    entropy = -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(axis=-1)
    return {
        "top1": ordered[..., -1],
        "top-diff": ordered[..., -1] - ordered[..., -2],
        "entropy": 1 - entropy / np.log(p.shape[-1]),
    }


def aggregate(c, how):
    """c [H, W] -> one number."""
    kind, *numbers = how.split(":")
    if kind == "mean":
        return c.mean()
    if kind == "quantile":
        return np.quantile(c, float(numbers[0]))
    s = int(numbers[0])
    height, width = c.shape
    means = [c[y:y + s, x:x + s].mean() for y in range(height - s + 1) for x in range(width - s + 1)]
    return np.quantile(means, float(numbers[1])) if len(numbers) > 1 else min(means)


def mean_iou(prediction, truth, class_count, classes):
    """prediction, truth: 1-d arrays of the valid pixels."""
    found = []
    for k in range(class_count):
        union = ((prediction == k) | (truth == k)).sum()
        if union == 0 and classes == "present":
            continue
        found.append(((prediction == k) & (truth == k)).sum() / union if union else 0.0)
    return float(np.mean(found)) if found and truth.size else 0.0


def fits(how, height, width):
    return not how.startswith("patch") or int(how.split(":")[1]) <= min(height, width)


def expected(p, prediction, labels, ignored):
    """p [N, L, H, W, C], labels [N, H, W] or None -> columns [N][L]."""
    n, exits, height, width, classes = p.shape
    out = {}
    for name, c in measures(p).items():
        for how in AGGREGATIONS:
            if fits(how, height, width):
                out[f"confidence:{name}@{how}"] = [[float(aggregate(c[i, l], how)) for l in range(exits)] for i in range(n)]
    out["loss:miscoverage"] = (prediction != prediction[:, -1:]).mean(axis=(2, 3)).tolist()
    distance = ((p - p[:, -1:]) ** 2).sum(axis=-1)
    out["loss:brier-consistency, no mask"] = distance.mean(axis=(2, 3)).tolist()
    if labels is None:
        return out
    valid = ~np.isin(labels, ignored)

    def over_valid(x):
        return [[float(x[i, l][valid[i]].mean()) if valid[i].any() else 0.0 for l in range(exits)] for i in range(n)]

    out["loss:brier-consistency, masked"] = over_valid(distance)
    truth = np.where(valid, labels, 0)
    onehot = np.eye(classes)[truth][:, None]
    brier = ((p - onehot) ** 2).sum(axis=-1)
    out["brier"] = over_valid(brier)
    out["loss:brier-gap"] = over_valid(brier - brier[:, -1:])
    for kind in ["present", "all-classes"]:
        iou = np.array([[mean_iou(prediction[i, l][valid[i]], truth[i][valid[i]], classes, kind) for l in range(exits)] for i in range(n)])
        out[f"miou, {kind}"] = iou.tolist()
        out[f"loss:miou-gap, {kind}"] = (iou[:, -1:] - iou).tolist()
    out["ignored"] = int((~valid).sum())
    out["empty"] = int((~valid.any(axis=(1, 2))).sum())
    return out


def save(name, array):
    np.save(os.path.join(HERE, name), array)


def save_safetensors(name, arrays):
    header, blobs, at = {}, [], 0
    for key, a in arrays.items():
        raw = np.ascontiguousarray(a).tobytes()
        code = {"float32": "F32", "float16": "F16", "int64": "I64"}[str(a.dtype)]
        header[key] = {"dtype": code, "shape": list(a.shape), "data_offsets": [at, at + len(raw)]}
        blobs.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def save_npz(name, arrays):
    """np.savez with a fixed date, so that the file is the same every time."""
    with zipfile.ZipFile(os.path.join(HERE, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for key, a in arrays.items():
            info = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as f:
                np.lib.format.write_array(f, a)


def small_table(rng):
    """Confidences and losses per exit in float16, with many ties, as the paper's segmentation tables hold them.

    The smallest threshold with mean loss <= epsilon, by trying every value (leave at the first exit with confidence > threshold).
    """
    n, exits, epsilon = 60, 3, 0.05
    confidence = (rng.integers(1, 12, (n, exits)) / 11).astype(np.float16)
    loss = np.where(rng.random((n, exits)) < 0.7 * (1 - confidence.astype(float)), 0.3, -0.02).astype(np.float16)
    loss[:, -1] = 0
    save_npz("small-table.npz", {"confidence": confidence, "loss:iou-drop": loss})
    best = None
    for threshold in [*np.unique(confidence[:, :-1].astype(float)), 2.0]:
        taken = [next((l for l in range(exits - 1) if confidence[i, l] > threshold), exits - 1) for i in range(n)]
        risk = float(np.mean([float(loss[i, l]) for i, l in enumerate(taken)]))
        if risk <= epsilon and best is None:
            best = {"threshold": threshold, "risk": risk, "meanExit": float(np.mean(taken)) + 1}
    return {"epsilon": epsilon, **best}


def main():
    rng = np.random.default_rng(20240)
    # float16 values in float32, so that every precision holds the same numbers
    z = rng.normal(0, 2, (5, 3, 6, 7, 9)).astype(np.float16).astype(np.float32)
    z[:, 2] += 2 * z[:, 1]
    z[:, :, 5] -= 30  # a class that nobody predicts and that is no label
    z[1, 0, 2] = -np.inf  # a masked class
    z[2, 1, 0:2, :, :4] = 9.0  # ties of the two largest
    z[3, :, 1, 2] = 11.0
    z = z.astype(np.float16).astype(np.float32)
    labels = rng.integers(0, 5, (5, 7, 9))
    labels[rng.random(labels.shape) < 0.2] = 255
    labels[0, 0, :3] = 254
    labels[3, 2] = 4
    labels[4] = 255  # an image without a label
    ignored = [255, 254]
    pixels = rng.normal(0, 2, (6, 2, 3, 1, 1)).astype(np.float32)
    pixel_labels = rng.integers(0, 3, (6, 1, 1))
    prob = softmax(np.moveaxis(rng.normal(0, 2, (3, 2, 4, 5, 6)), 2, -1))

    def last(a):
        return np.moveaxis(a, 2, -1)

    cases = {
        "images": expected(softmax(last(z)), z.argmax(axis=2), labels, ignored),
        "pixels": expected(softmax(last(pixels)), pixels.argmax(axis=2), pixel_labels, []),
        "probs": expected(prob, prob.argmax(axis=-1), None, []),
    }
    save("images.npy", z)
    save("labels.npy", labels)
    save("pixels.npy", pixels)
    save("pixel-labels.npy", pixel_labels)
    save("probs.npy", np.moveaxis(prob, -1, 2))
    # the same images in every layout and format
    save("images-float16.npy", z.astype(np.float16))
    save("images-float64.npy", np.asfortranarray(z.astype(">f8")))
    save("images-lnc.npy", np.moveaxis(z, 1, 0))
    save("images-ncl.npy", np.moveaxis(z, 1, 2))
    save("images-nlhwc.npy", np.moveaxis(z, 2, -1))
    for i in range(5):
        save(f"image-{i}.npy", z[i])
        save(f"map-{i}.npy", labels[i].astype(np.uint8))
    for l, name in enumerate(["early", "middle", "final"]):
        save(f"exit-{name}.npy", z[:, l])
    save_npz("images.npz", {"logits": z, "labels": labels.astype(np.int32)})
    save_npz("exits.npz", {f"exit_{l + 1}": z[:, l] for l in range(3)} | {"labels": labels})
    save_safetensors("images.safetensors", {"logits": z.astype(np.float16), "labels": labels})
    with open(os.path.join(HERE, "paper.p"), "wb") as f:
        pickle.dump(([z[:, l] for l in range(3)], labels.astype(np.uint8)), f, protocol=4)
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        json.dump({"ignored": ignored, "cases": cases, "smallTable": small_table(rng)}, f)


if __name__ == "__main__":
    main()
