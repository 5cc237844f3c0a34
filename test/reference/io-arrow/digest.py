"""Digests of two small tables with hashlib and a MurmurHash3_x86_32 written from its description. Writes digest.json."""
import hashlib, json, struct
from collections import Counter
import numpy as np

def murmur3(data, seed):
    assert len(data) % 4 == 0
    rotl = lambda x, r: ((x << r) | (x >> (32 - r))) & 0xFFFFFFFF
    h = seed
    for (k,) in struct.iter_unpack("<I", data):
        k = rotl(k * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
        h = (rotl(h ^ k, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    h ^= len(data)
    h = (h ^ (h >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ (h >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF
    return h ^ (h >> 16)

# Published vectors: "test" and "Hello, world" plus padding would need the tail; these two need none.
assert murmur3(b"", 1) == 0x514E28B7
assert murmur3(b"test", 0) == 0xBA6BD213
assert murmur3(b"test", 0x9747B28C) == 0x704B81DC

def rows_digest(sha, rows):
    hashes = [(murmur3(r, 0) << 32) | murmur3(r, 0x9747B28C) for r in rows]
    unique = sorted(h for h, count in Counter(hashes).items() if count == 1)
    return {"sha256": sha, "rowSketch": ["%016x" % h for h in unique[:64]], "uniqueRows": len(unique),
            "multiset": "%016x" % (sum(hashes) % 2**64)}

n, L = 200, 4
i = np.arange(n * L)
confidences = ((i * 37 % 101) / 101).astype("<f4").reshape(n, L)
losses = ((i * 53 % 7 - 3) / 3).astype("<f8").reshape(n, L)
confidences[150:], losses[150:] = confidences[:50], losses[:50]  # rows that repeat are left out of the sketch
c, g = confidences[:, :-1] + np.float32(0), losses[:, :-1] + 0.0
sha = hashlib.sha256(struct.pack("<II", n, L) + c.tobytes() + g.tobytes()).hexdigest()
table = rows_digest(sha, [c[r].tobytes() + g[r].tobytes() for r in range(n)])

K = 5
lambdas = np.linspace(1, 0, K).astype("<f8")
per_lambda = ((np.arange(K * n) * 29 % 11) / 11).astype("<f8").reshape(K, n)
sha = hashlib.sha256(struct.pack("<II", n, K) + lambdas.tobytes() + per_lambda.tobytes()).hexdigest()
loss_table = rows_digest(sha, [np.ascontiguousarray(per_lambda[:, r]).tobytes() for r in range(n)])
json.dump({"table": table, "lossTable": loss_table}, open("digest.json", "w"), indent=1)
