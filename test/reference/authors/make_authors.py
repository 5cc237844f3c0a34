#!/usr/bin/env python3
"""Small files in the layouts that the paper's systems write, with made-up numbers: what matters here is the layout.

Run `python3 make_authors.py` to rewrite the .p, .pth, .pt, .npz and .npy files and authors.json beside it. Needs numpy 2, no
torch: tensors are put together by hand, as torch writes them. authors.json says what each file holds, by the name of the
plain file that must give the same answer.

- classification: (logits [L, N, C], targets [N][, anything]) as a pickle of numpy arrays (protocols 2 to 5, written by
  numpy 1 and by numpy 2) or of torch tensors; (val_pred, val_target, test_pred, test_target) in a torch zip file, where each
  prediction is a list of one tensor [N, C] per exit, after a softmax
- language: (lambdas [K], exits [K], scores [K, N])
- segmentation: conf_aggr [N, L] and dist_loss [N, L] in float16, the second absolute; loss_pred and exit_pred [K, N]
"""
import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
random = np.random.default_rng(4)
same = {}


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# --- torch without torch: the names that its files contain ------------------------------------------------------------
torch, utils, storages = (types.ModuleType(name) for name in ("torch", "torch._utils", "torch.storage"))
sys.modules.update({"torch": torch, "torch._utils": utils, "torch.storage": storages})
KINDS = {"f2": "Half", "f4": "Float", "f8": "Double", "i2": "Short", "i8": "Long"}
for kind in KINDS.values():
    setattr(torch, f"{kind}Storage", type(f"{kind}Storage", (), {"__module__": "torch"}))
for module, name in ((utils, "_rebuild_tensor_v2"), (storages, "_load_from_bytes")):
    exec(f"def {name}(*a): pass", module.__dict__)
    getattr(module, name).__module__ = module.__name__


class Storage:
    """Numbers of a tensor. In a plain pickle they are a torch file of the old format inside a bytes object."""

    def __init__(self, array, device):
        self.array, self.device = array, device

    def identity(self):
        kind = getattr(torch, f"{KINDS[self.array.dtype.str[1:]]}Storage")
        return ("storage", kind, "94713", self.device, self.array.size, None)

    def __reduce__(self):
        out = io.BytesIO()
        for value in (0x1950A86A20F9469CFC6C, 1001, dict(protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4))):
            pickle.dump(value, out, 2)

        class Pickler(pickle.Pickler):
            def persistent_id(self, item):
                return item.identity() if isinstance(item, Storage) else None

        Pickler(out, 2).dump(self)
        pickle.dump(["94713"], out, 2)
        out.write(struct.pack("<q", self.array.size) + self.array.tobytes())
        return storages._load_from_bytes, (out.getvalue(),)


class Tensor:
    def __init__(self, array, device="cpu"):
        self.array, self.device = np.ascontiguousarray(array), device

    def __reduce__(self):
        strides = tuple(s // self.array.itemsize for s in self.array.strides)
        args = (Storage(self.array.ravel(), self.device), 0, self.array.shape, strides, False, collections.OrderedDict())
        return utils._rebuild_tensor_v2, args


def torch_zip(value):
    held = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if not isinstance(item, Storage):
                return None
            held.append(item)
            tag, kind, _, device, count, _ = item.identity()
            return (tag, kind, str(len(held) - 1), device, count)

    data = io.BytesIO()
    Pickler(data, 2).dump(value)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        def add(name, content):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0)), content)
        add("data.pkl", data.getvalue())
        add("byteorder", "little")
        for k, storage in enumerate(held):
            add(f"data/{k}", storage.array.tobytes())
        add("version", "3\n")
    return out.getvalue()


class Numpy1Pickler(pickle._Pickler):
    """Names modules as numpy 1 did: numpy.core, where numpy 2 says numpy._core."""

    def save_global(self, obj, name=None):
        module = getattr(obj, "__module__", None) or ""
        if not module.startswith("numpy._core"):
            return super().save_global(obj, name)
        module, name = module.replace("numpy._core", "numpy.core"), obj.__name__
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    dispatch = {**pickle._Pickler.dispatch, types.FunctionType: save_global, types.BuiltinFunctionType: save_global}


def numpy_1(value, protocol):
    out = io.BytesIO()
    Numpy1Pickler(out, protocol).dump(value)
    assert b"numpy.core" in out.getvalue() and b"numpy._core" not in out.getvalue()
    return out.getvalue()


def write(name, data, plain):
    (HERE / name).write_bytes(data)
    same[name] = plain


def plain(name, **arrays):
    np.savez(HERE / f"{name}.npz", **arrays)


def classification():
    L, N, C = 4, 40, 6
    truth = random.integers(0, C, N)
    signal = np.eye(C)[truth][None] * np.array([1.0, 2.0, 3.0, 4.0])[:, None, None]
    z = (signal + random.normal(size=(L, N, C))).astype("f4")
    p = softmax(z.astype("f8")).astype("f4")
    plain("logits", logits=z.transpose(1, 0, 2), labels=truth)
    plain("probs", probs=p.transpose(1, 0, 2), labels=truth)
    for protocol in (2, 3, 4, 5):
        write(f"imagenet-protocol-{protocol}-numpy-1.p", numpy_1((z, truth), protocol), "logits")
        write(f"imagenet-protocol-{protocol}-numpy-2.p", pickle.dumps((z, truth), protocol), "logits")
        write(f"imagenet-protocol-{protocol}-torch.p", pickle.dumps((Tensor(z), Tensor(truth, "cuda:0")), protocol), "logits")
    write("imagenet-three-members.p", pickle.dumps((Tensor(p), Tensor(truth, "cuda:0"), [71.2, 74.5, 76.1, 78.9]), 4), "probs")
    write("imagenet-lists.p", pickle.dumps(([z[l] for l in range(L)], truth.tolist(), {"flops": [1, 2, 3, 4]}), 4), "logits")
    write("imagenet-list-of-tensors.p", pickle.dumps(([Tensor(z[l]) for l in range(L)], Tensor(truth)), 4), "logits")
    write("imagenet-float-targets.p", pickle.dumps((Tensor(p), Tensor(truth.astype("f4"))), 4), "probs")
    write("imagenet-dict.p", pickle.dumps({"logits": z, "targets": truth, "model": "made up"}, 4), "logits")
    write("imagenet-dict-samples-first.p", pickle.dumps({"logits": Tensor(z.transpose(1, 0, 2)), "target": Tensor(truth)}, 4), "logits")
    write("imagenet-dict.pth", torch_zip({"logits": Tensor(z), "labels": Tensor(truth)}), "logits")
    half = z.astype("f2")
    plain("half", logits=half.transpose(1, 0, 2), labels=truth)
    write("imagenet-half.p", pickle.dumps((Tensor(half), Tensor(truth)), 4), "half")

    val = slice(0, 24), slice(24, N)
    four = [x for s in val for x in ([Tensor(p[l, s]) for l in range(L)], Tensor(truth[s]))]
    for name, s in zip(("val", "test"), val):
        plain(f"single-{name}", probs=p[:, s].transpose(1, 0, 2), labels=truth[s])
    write("logits_single.pth", torch_zip(tuple(four)), "single")
    named = {f"{part}_{what}": x for (part, what), x in zip([(a, b) for a in ("val", "test") for b in ("pred", "target")], four)}
    write("logits_single-dict.p", pickle.dumps(named, 4), "single")
    (HERE / "flops.pth").write_bytes(torch_zip([1.5e8, 3e8, 4.5e8, 9e8]))


def tables():
    K, n = 7, 50
    lambdas = np.linspace(1, 0.4, K)
    scores = np.clip(0.8 - 0.3 * random.random(n) * (1 - lambdas[:, None]), 0, 1)
    exits = 24 - 30 * (1 - lambdas)
    plain("calm", lambdas=lambdas, scores=scores, exits=exits)
    for protocol in (2, 3, 4, 5):
        write(f"calm-protocol-{protocol}-numpy-1.p", numpy_1((lambdas, exits, scores), protocol), "calm")
    write("calm-lists.p", pickle.dumps((lambdas.tolist(), exits.tolist(), scores.tolist()), 4), "calm")
    write("calm-torch.p", pickle.dumps((lambdas.tolist(), Tensor(exits), Tensor(scores)), 4), "calm")
    write("calm-dict.p", pickle.dumps({"lambdas": lambdas, "scores": scores, "exits": exits}, 4), "calm")


def segmentation():
    N, L, K = 60, 4, 11
    aggregated = np.sort(random.random((N, L)), 1).astype("f2")
    aggregated[::2] = (np.round(aggregated[::2] * 8) / 8).astype("f2")  # many ties, within a row and between rows
    brier = np.maximum(0, 0.5 - 0.1 * np.arange(L) + 0.1 * random.normal(size=(N, L))).astype("f2")
    relative = brier.astype("f8") - brier[:, -1:].astype("f8")
    plain("segmentation", **{"confidence:conf_aggr": aggregated.astype("f4"), "loss:dist_loss": relative})
    np.save(HERE / "conf_aggr.npy", aggregated)
    np.save(HERE / "dist_loss.npy", brier)
    (HERE / "conf_aggr.pt").write_bytes(torch_zip(Tensor(aggregated)))
    (HERE / "dist_loss.pt").write_bytes(torch_zip(Tensor(brier)))
    np.savez(HERE / "segmentation-names.npz", conf_aggr=aggregated, dist_loss=brier)
    same["segmentation-names.npz"] = "segmentation"
    write("segmentation-names.p", numpy_1({"conf_aggr": aggregated, "dist_loss": brier}, 4), "segmentation")
    write("segmentation-names.pt", torch_zip({"conf_aggr": Tensor(aggregated), "dist_loss": Tensor(brier)}), "segmentation")

    lambdas = np.round(np.arange(1, 1 - 0.1 * K, -0.1), 10)
    confident = aggregated.astype("f8")[:, :-1][None] > lambdas[:, None, None]
    taken = np.where(confident.any(2), confident.argmax(2), L - 1)
    losses = relative[np.arange(N)[None], taken]
    plain("loss_pred", lambdas=lambdas, losses=losses, exits=taken + 1.0)
    np.save(HERE / "lambdas.npy", lambdas)
    (HERE / "loss_pred.pt").write_bytes(torch_zip(Tensor(losses)))
    (HERE / "exit_pred.pt").write_bytes(torch_zip(Tensor((taken + 1).astype("f4"))))
    return exact_threshold(aggregated.astype("f8")[:, :-1], relative)


def exact_threshold(confidence, relative):
    """The lowest threshold of `naive` at each ε, by trying every confidence as a threshold: ties leave together."""
    answers = []
    for epsilon in (0.05, 0.1, 0.2):
        best = None
        for threshold in [-np.inf, *np.unique(confidence)]:
            leaves = confidence > threshold
            taken = np.where(leaves.any(1), leaves.argmax(1), relative.shape[1] - 1)
            risk = relative[np.arange(len(relative)), taken].mean()
            if risk <= epsilon and (best is None or threshold < best[0]):
                best = (threshold, float(risk), float((taken + 1).mean()))
        answers.append(dict(epsilon=epsilon, policy="first-exit" if best[0] == -np.inf else "threshold",
                            threshold=None if best[0] == -np.inf else float(best[0]), empiricalRisk=best[1], meanExit=best[2]))
    return answers


if __name__ == "__main__":
    classification()
    tables()
    ties = segmentation()
    (HERE / "authors.json").write_text(json.dumps({"same": same, "segmentation": ties}, indent=1) + "\n")
