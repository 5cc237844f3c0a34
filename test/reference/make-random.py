#!/usr/bin/env python3
"""Reference outputs of sfc32 (Doty-Humphrey, PractRand), written from its definition with Python integers.

State words a, b, c start as (stream, low word of the seed, high word of the seed), the counter as 1; 15 rounds are
discarded, as PractRand does for a seed of three words. Run `python3 make-random.py` to rewrite random.json.
"""
import json
import math

M = 2**32


class Sfc32:
    def __init__(self, seed, stream):
        self.a, self.b, self.c, self.counter = stream, seed % M, seed // M, 1
        self.spare = None
        for _ in range(15):
            self.word()

    def word(self):
        out = (self.a + self.b + self.counter) % M
        self.counter = (self.counter + 1) % M
        self.a = self.b ^ (self.b >> 9)
        self.b = self.c * 9 % M
        self.c = (((self.c << 21) | (self.c >> 11)) % M + out) % M
        return out

    def uniform(self):
        high = self.word() >> 5
        low = self.word() >> 6
        return (high * 2**26 + low) / 2**53

    def integer(self, bound):
        while True:
            word = self.word()
            if word < M - M % bound:
                return word % bound

    def normal(self):
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        while True:
            u = 2 * self.uniform() - 1
            v = 2 * self.uniform() - 1
            s = u * u + v * v
            if 0 < s < 1:
                scale = math.sqrt(-2 * math.log(s) / s)
                self.spare = v * scale
                return u * scale

    def permutation(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.integer(i + 1)
            order[i], order[j] = order[j], order[i]
        return order


rows = []
for seed, stream in [(0, 0), (1, 0), (0, 1), (42, 7), (2**32, 0), (2**32 + 1, 3), (2**53 - 1, 2**32 - 1)]:
    rows.append(
        {
            "seed": seed,
            "stream": stream,
            "words": [g.integer(M) for g in [Sfc32(seed, stream)] for _ in range(6)],
            "uniforms": [g.uniform() for g in [Sfc32(seed, stream)] for _ in range(5)],
            "normals": [g.normal() for g in [Sfc32(seed, stream)] for _ in range(5)],
            "integers": [g.integer(3_000_000_000) for g in [Sfc32(seed, stream)] for _ in range(8)],
            "permutation": Sfc32(seed, stream).permutation(10),
        }
    )
with open("random.json", "w") as file:
    json.dump(rows, file)
