"""Makes vectors.json (files that are read, with the values numpy put into them) and refusals.json (files that are not).

    python3 make_vectors.py          needs numpy 2 only; writes beside this script

Files are held in base64. Torch archives are put together by hand, since their layout is what is under test: a zip with
<name>/data.pkl, <name>/byteorder and <name>/data/<key>, whose pickle names torch._utils._rebuild_tensor_v2 and storages
by persistent id. Stand-in modules give those names to the pickler.
"""

import base64
import collections
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys
import types
import zipfile
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20)
vectors, refusals = [], []


def good(name, opener, data, arrays, hint=None, metadata=None):
    vectors.append({
        "name": name, "open": opener, "layoutHint": hint, "metadata": metadata or {},
        "arrays": {key: {"shape": list(a.shape), "values": np.asarray(a, dtype=np.float64).ravel().tolist()}
                   for key, a in arrays.items()},
        "bytes": base64.b64encode(data).decode(),
    })


def bad(name, opener, data, code, says):
    refusals.append({"name": name, "open": opener, "code": code, "says": says,
                     "bytes": base64.b64encode(data).decode()})


def npy(array, version=None, **options):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, **options)
    return out.getvalue()


def npy_text(header, data=b"", version=1):
    text = header.encode("latin1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


# --- NPY -------------------------------------------------------------------------------------------------------------
cube = random.normal(size=(3, 4, 5))
for code in ("f2", "f4", "f8"):
    for order in "<>":
        array = cube.astype(order + code)
        good(f"npy {order}{code} C", "npy", npy(array), {"": array})
        good(f"npy {order}{code} Fortran", "npy", npy(np.asfortranarray(array)), {"": array})
for code, values in {
    "i1": [-128, 0, 127], "u1": [0, 200, 255], "i2": [-32768, 5, 32767], "u2": [0, 1, 65535],
    "i4": [-(2**31), 7, 2**31 - 1], "u4": [0, 9, 2**32 - 1], "i8": [-(2**53), -1, 2**40], "u8": [0, 3, 2**53],
}.items():
    for order in "<>":
        array = np.array(values, dtype=order + code)
        good(f"npy {order}{code}", "npy", npy(array), {"": array})
flags = np.array([[True, False], [False, True]])
good("npy bool", "npy", npy(flags), {"": flags})
good("npy scalar", "npy", npy(np.float32(1.5).reshape(())), {"": np.float32(1.5).reshape(())})
good("npy no rows", "npy", npy(np.zeros((0, 3), "f4")), {"": np.zeros((0, 3))})
small = np.arange(6, dtype="<f4").reshape(2, 3)
good("npy version 2", "npy", npy(small, (2, 0)), {"": small})
good("npy version 3", "npy", npy(small, (3, 0)), {"": small})
good("npy python 2 header", "npy", npy_text('{"shape": (2L, 3L), "fortran_order": False, "descr": "<f4"}\n', small.tobytes()),
     {"": small})

whole = npy(small)
fields = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }\n"
bad("npy other magic", "npy", b"\x93NUMPX" + whole[6:], "file-malformed", "NUMPY")
bad("npy version 9", "npy", whole[:6] + b"\x09\x00" + whole[8:], "file-malformed", "version 9.0")
bad("npy ends in the preamble", "npy", whole[:9], "file-truncated", "ends at byte 9")
bad("npy ends in the header", "npy", whole[:40], "file-truncated", "ends at byte 40, expected at least 128")
bad("npy ends in the data", "npy", whole[:-1], "file-truncated", "ends at byte 151, expected at least 152")
bad("npy header of 4 GiB", "npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + whole[12:], "file-truncated", "4294967307")
bad("npy claims 2^40 values", "npy", npy_text(fields % "1099511627776,"), "file-truncated", "4398046511")
bad("npy claims 10^30 values", "npy", npy_text(fields % ("1" + "0" * 30 + ",")), "file-truncated", "4e+30")
bad("npy negative size", "npy", npy_text(fields % "-2,"), "file-malformed", "-2")
bad("npy fractional size", "npy", npy_text(fields % "2.5,"), "file-malformed", ".5")
bad("npy header calls", "npy", npy_text("{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (1,)}"),
    "file-malformed", "__import__")
bad("npy header ends early", "npy", npy_text("{'descr': '<f4',"), "file-malformed", "ends early")
bad("npy header goes on", "npy", npy_text(fields % "1," + "{}"), "file-malformed", "goes on")
bad("npy header lacks shape", "npy", npy_text("{'descr': '<f4', 'fortran_order': False}"), "file-malformed", "descr, fortran_order")
bad("npy header repeats", "npy", npy_text("{'descr': '<f4', 'descr': '<f8'}"), "file-malformed", "repeated key")
bad("npy header without braces", "npy", npy_text("'descr'"), "file-malformed", "lacks")
bad("npy shape is a word", "npy", npy_text(fields % "'a',"), "file-malformed", "whole numbers")
bad("npy shape is a number", "npy", npy_text("{'descr': '<f4', 'fortran_order': False, 'shape': 3}"), "file-malformed", "shape")
bad("npy objects", "npy", npy(np.array([1, "a"], dtype=object), allow_pickle=True), "type-unsupported", "Python objects")
bad("npy bfloat16", "npy", npy_text(fields.replace("<f4", "|V2") % "2,", b"\x80\x3f\x00\x40"), "type-unsupported", "bfloat16")
bad("npy complex", "npy", npy(np.ones(2, "c8")), "type-unsupported", "<c8")
bad("npy records", "npy", npy(np.zeros(2, [("a", "f4")])), "type-unsupported", "records")


# --- zip and NPZ -----------------------------------------------------------------------------------------------------
def npz(compressed=False, **arrays):
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


logits, labels = random.normal(size=(4, 2, 3)).astype("f4"), np.array([0, 2, 1, 1])
good("npz stored", "npz", npz(logits=logits, labels=labels), {"logits": logits, "labels": labels})
good("npz deflated", "npz", npz(True, logits=logits, labels=labels), {"logits": logits, "labels": labels})
good("npz beside text", "npz", npz(logits=logits, files=np.array(["a", "bc"])), {"logits": logits})


def zip_of(entries, comment=b"", wide=False):
    """A zip by hand: entries are dicts with name, data and whatever should lie."""
    out, directory = b"", b""
    for e in entries:
        name, data = e["name"].encode(), e["data"]
        packed = e.get("packed", data)
        method, flags = e.get("method", 0), e.get("flags", 0)
        size, packed_size = e.get("size", len(data)), e.get("packed_size", len(packed))
        crc = e.get("crc", zlib.crc32(data))
        position = e.get("position", len(out))
        local_name = e.get("local_name", e["name"]).encode()
        if "position" not in e or e.get("write", False):
            out += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, flags, method, 0, 0, crc, packed_size & 0xFFFFFFFF,
                               size & 0xFFFFFFFF, len(local_name), 0) + local_name + packed
        extra = b""
        if wide:
            extra = struct.pack("<HH", 9, 2) + b"xx" + struct.pack("<HHQQQ", 1, 24, size, packed_size, position)
            size = packed_size = position = 0xFFFFFFFF
        directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, flags, method, 0, 0, crc, packed_size, size,
                                 len(name), len(extra), 0, 0, 0, 0, position) + name + extra
    start = len(out)
    out += directory
    if wide:
        end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, len(entries), len(entries), len(directory), start)
        out += end + struct.pack("<4sIQI", b"PK\6\7", 0, start + len(directory), 1)
        return out + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, len(comment)) + comment
    return out + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), start,
                             len(comment)) + comment


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


a_npy = npy(small)
a = {"name": "a.npy", "data": a_npy}
deflated = {**a, "method": 8, "packed": deflate(a_npy)}
good("zip with a comment", "npz", zip_of([a], b"a comment with PK\5\6 in it"), {"a": small})
good("zip64", "npz", zip_of([a, {**deflated, "name": "b.npy"}], wide=True), {"a": small, "b": small})
plain = zip_of([a])
bad("zip truncated", "npz", plain[:-30], "file-truncated", "no zip directory")
bad("zip directory outside", "npz", plain[:-10] + struct.pack("<II", 500, 400) + plain[-2:], "file-truncated", "expected at least 900")
bad("zip64 directory of 2^40 bytes", "npz",
    zip_of([a], wide=True).replace(struct.pack("<Q", len(zip_of([a], wide=True)) - 98 - len(a_npy) - 35), struct.pack("<Q", 2**40)),
    "file-truncated", "10995116")
bad("zip64 record broken", "npz", zip_of([a], wide=True).replace(b"PK\6\6", b"PK\6\0"), "file-malformed", "zip64 end record")
bad("zip directory record broken", "npz", plain.replace(b"PK\1\2", b"PK\1\0"), "file-malformed", "directory record")
bad("zip counts too many", "npz", plain[:-12] + struct.pack("<H", 3) + plain[-10:], "file-malformed", "directory record")
bad("zip64 sizes missing", "npz", zip_of([{**a, "size": 0xFFFFFFFF}]), "file-malformed", "zip64 sizes of a.npy")
bad("zip entry outside", "npz", zip_of([{**a, "position": 2**31}]), "file-malformed", "places a.npy at")
bad("zip entry points elsewhere", "npz", zip_of([a, {**a, "name": "b.npy", "position": 3, "packed_size": 40, "size": 40, "write": True}]),
    "zip-bomb", "overlap")
bad("zip without its header", "npz", plain.replace(b"PK\3\4", b"PK\3\0"), "file-malformed", "no matching header")
bad("zip with another local name", "npz", zip_of([{**a, "local_name": "z.npy"}]), "file-malformed", "no matching header")
bad("zip holds a name twice", "npz", zip_of([a, a]), "file-malformed", "a.npy twice")
bad("zip encrypted", "npz", zip_of([{**a, "flags": 1}]), "file-malformed", "encrypted")
bad("zip method 12", "npz", zip_of([{**a, "method": 12}]), "format-not-read", "method 12")
bad("zip stored with two sizes", "npz", zip_of([{**a, "size": 1000}]), "file-malformed", "declares 1000")
bad("zip declares less", "npz", zip_of([{**deflated, "size": 100}]), "zip-bomb", "beyond its declared 100 bytes")
bad("zip declares more", "npz", zip_of([{**deflated, "size": 1000}]), "file-malformed", "152 of 1000")
bad("zip declares 2^30", "npz", zip_of([{**deflated, "size": 2**30}]), "zip-bomb", "declares 1073741824 bytes")
bad("zip of zeros", "npz", zip_of([{"name": "a.npy", "data": bytes(2**22), "method": 8, "packed": deflate(bytes(2**22))}]),
    "zip-bomb", "declares 4194304 bytes")
bad("zip checksum", "npz", zip_of([{**deflated, "crc": 1}]), "file-malformed", "checksum")
bad("zip no deflate", "npz", zip_of([{**a, "method": 8, "packed": b"\xff" * 152}]), "file-malformed", "cannot be inflated")
bad("npz of nothing", "npz", zip_of([]), "array-missing", "0 entries")
bad("npz of text", "npz", npz(a=np.array(["x"])), "array-missing", "no array of numbers")
bad("npz of objects", "npz", npz(a=np.array([1, None], dtype=object)), "type-unsupported", "a.npy: holds Python objects")
bad("npz control characters", "npz", zip_of([{**a, "name": "a\x1b[2J.npy", "data": a_npy[:50]}]), "file-truncated", ":a?[2J.npy")


# --- safetensors -----------------------------------------------------------------------------------------------------
def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


brain = (np.arange(-3, 3, dtype="f4") * 1.5).reshape(2, 3)  # exact in bfloat16
brain_bytes = (brain.view("<u4") >> 16).astype("<u2").tobytes()
half = random.normal(size=(2, 2)).astype("<f2")
wide = random.normal(size=3)
parts = {"b": ("BF16", brain, brain_bytes), "h": ("F16", half, half.tobytes()), "f": ("F32", small, small.tobytes()),
         "d": ("F64", wide, wide.tobytes()), "i": ("I64", labels, labels.astype("<i8").tobytes()),
         "u": ("U8", np.array([1, 255]), b"\x01\xff"), "o": ("BOOL", np.array([1, 0]), b"\x01\x00")}
header, data = {"__metadata__": {"made": "by hand"}}, b""
for key, (dtype, array, raw) in parts.items():
    header[key] = entry(dtype, list(array.shape), len(data), len(data) + len(raw))
    data += raw
good("safetensors", "safetensors", safetensors(header, data), {k: v[1] for k, v in parts.items()}, metadata={"made": "by hand"})
one = {"a": entry("F32", [2, 3], 0, 24)}
bad("safetensors header of 2^40", "safetensors", struct.pack("<Q", 2**40) + b"{}", "header-too-large", "1099511627776")
bad("safetensors header outside", "safetensors", struct.pack("<Q", 4000) + b"{}", "file-truncated", "expected at least 4008")
bad("safetensors of 5 bytes", "safetensors", b"\x02\0\0\0\0", "file-truncated", "ends at byte 5")
bad("safetensors no JSON", "safetensors", safetensors(b"{'a'}"), "file-malformed", "JSON object")
bad("safetensors JSON list", "safetensors", safetensors(b"[]"), "file-malformed", "JSON object")
bad("safetensors not UTF-8", "safetensors", safetensors(b'{"\xff": 1}'), "file-malformed", "JSON object")
bad("safetensors data outside", "safetensors", safetensors(one, b"x" * 20), "file-truncated", "expected at least")
bad("safetensors 2^40 values", "safetensors", safetensors({"a": entry("F32", [2**40], 0, 2**42)}), "file-truncated", "expected at least 4398046511")
bad("safetensors sizes differ", "safetensors", safetensors({"a": entry("F32", [2, 3], 0, 20)}, b"x" * 24), "file-malformed", "20 bytes where its shape needs 24")
bad("safetensors overlap", "safetensors", safetensors({**one, "b": entry("F32", [2], 20, 28)}, b"x" * 28), "file-malformed", "b overlap")
bad("safetensors negative", "safetensors", safetensors({"a": entry("F32", [-1], 0, 4)}, b"x" * 4), "file-malformed", "of a")
bad("safetensors no entry", "safetensors", safetensors({"a": 5}), "file-malformed", "lacks dtype")
bad("safetensors F8", "safetensors", safetensors({"a": entry("F8_E4M3", [4], 0, 4)}, b"x" * 4), "type-unsupported", "F8_E4M3")
bad("safetensors metadata", "safetensors", safetensors({"__metadata__": {"a": 1}}), "file-malformed", "__metadata__")

# --- pickle ----------------------------------------------------------------------------------------------------------
exit_major = random.normal(size=(2, 4, 3)).astype("f4")
image = {"logits": exit_major, "labels": labels}
lambdas, mean_exits, scores = np.linspace(1, 0, 5), np.linspace(3, 1, 5), random.normal(size=(5, 7))
calm = {"lambdas": lambdas, "exits": mean_exits, "scores": scores}
four = {"val_logits": exit_major, "val_labels": labels, "test_logits": exit_major[:, :3] + 1, "test_labels": labels[:3]}
for protocol in (2, 3, 4, 5):
    p = lambda value: pickle.dumps(value, protocol)
    good(f"pickle {protocol} logits and labels", "pickle", p((exit_major, labels)), image, "lnc")
    good(f"pickle {protocol} CALM", "pickle", p((lambdas, mean_exits, scores)), calm)
    good(f"pickle {protocol} val and test", "pickle", p(tuple(four.values())), four, "lnc")
    good(f"pickle {protocol} dict", "pickle", p({"logits": logits, "labels": labels, "name": "x", "n": np.int64(4)}),
         {"logits": logits, "labels": labels})
    good(f"pickle {protocol} array", "pickle", p(logits), {"": logits})
    good(f"pickle {protocol} Fortran", "pickle", p(np.asfortranarray(logits.astype(">f8"))), {"": logits})
    good(f"pickle {protocol} transposed", "pickle", p(logits.transpose(1, 0, 2)), {"": np.ascontiguousarray(logits.transpose(1, 0, 2))})
p = lambda value: pickle.dumps(value, 4)
good("pickle exits", "pickle", p([exit_major[0], exit_major[1]]), {"exit_1": exit_major[0], "exit_2": exit_major[1]})
good("pickle list of predictions", "pickle", p(([exit_major[0], exit_major[1]], labels)), image, "lnc")
good("pickle samples first", "pickle", p((logits, labels)), {"logits": logits, "labels": labels})
good("pickle as many exits as samples", "pickle", p((np.ones((4, 4, 3)), labels)), {"logits": np.ones((4, 4, 3)), "labels": labels}, "lnc")
good("pickle third member", "pickle", p((exit_major, labels, "more", None)), image, "lnc")
good("pickle dense", "pickle", p((np.ones((2, 1, 3, 2, 2)), np.zeros((1, 2, 2)))),
     {"logits": np.ones((2, 1, 3, 2, 2)), "labels": np.zeros((1, 2, 2))}, "lnc")
good("pickle dict of exit lists", "pickle", p(collections.OrderedDict(logits=[exit_major[0], exit_major[1]], labels=labels.tolist())),
     {"logits": exit_major.transpose(1, 0, 2), "labels": labels})
good("pickle ordered dict, protocol 2", "pickle", pickle.dumps(collections.OrderedDict(labels=labels), 2), {"labels": labels})
good("pickle nested lists", "pickle", p((exit_major.tolist(), labels.tolist())), image, "lnc")
good("pickle bare lists", "pickle", p([[1, 2.5], [True, -3]]), {"": np.array([[1, 2.5], [1, -3]])})
good("pickle numpy scalars", "pickle", p([np.float32(1.5), np.int8(-2), np.bool_(True)]), {"": np.array([1.5, -2, 1])})
good("pickle CALM with lists", "pickle", p((lambdas.tolist(), np.ones((5, 7)), scores)), {**calm, "exits": np.ones((5, 7))})
good("pickle no rows, protocol 2", "pickle", pickle.dumps(np.zeros((0, 3)), 2), {"": np.zeros((0, 3))})
long = np.arange(3000, dtype="<i4")
good("pickle protocol 2, long text", "pickle", pickle.dumps({"a": long}, 2), {"a": long})
old = pickle.dumps(logits, 3).replace(b"numpy._core", b"numpy.core")
good("pickle of numpy 1", "pickle", old, {"": logits})
# Python 2: byte strings ('U' short, 'T' long) for names and data alike.
raw = small.tobytes()
python2 = (b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02K\x03\x86"
           b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
           + struct.pack("<i", len(raw)) + raw + b"tb.")
good("pickle of Python 2", "pickle", python2, {"": small})
good("pickle text numbers", "pickle", b"(lp0\nI5\naL-7L\naF2.5\naI01\nag0\n0.", {"": np.array([5, -7, 2.5, 1])})
good("pickle list and dict of marks", "pickle", b"\x80\x02(U\x01a(K\x01K\x02K\x032\x30ld.", {"a": np.array([1, 2, 3])})
good("pickle of a large integer", "pickle", p({"big": 2**70, "a": [2**40, -(2**40), 0]}), {"a": np.array([2**40, -(2**40), 0])})
buffered = pickle.dumps(logits, 5)
good("pickle _frombuffer of numpy 1", "pickle", b"\x80\x05" + buffered[buffered.index(b"\x8c\x13numpy._core.numeric"):]
     .replace(b"\x8c\x13numpy._core.numeric", b"\x8c\x12numpy.core.numeric"), {"": logits})
good("pickle _frombuffer Fortran", "pickle", pickle.dumps(np.asfortranarray(logits), 5), {"": logits})


class Call:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


import builtins  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402

for protocol in (2, 4):
    q = lambda value: pickle.dumps(value, protocol)
    bad(f"pickle {protocol} system", "pickle", q(Call(os.system, "true")), "pickle-refused", "holds the global posix.system, expected only numpy or torch arrays")
    bad(f"pickle {protocol} eval", "pickle", q(Call(builtins.eval, "1")), "pickle-refused", "eval,")
    bad(f"pickle {protocol} Popen", "pickle", q(Call(subprocess.Popen, ["true"])), "pickle-refused", ".Popen,")
    bad(f"pickle {protocol} inside a dict", "pickle", q({"logits": logits, "x": [(1, Call(os.system, "true"))]}), "pickle-refused", "posix.system")
bad("pickle os.system", "pickle", b"\x80\x02cos\nsystem\nU\x04trueR.", "pickle-refused", "os.system")
bad("pickle dotted name", "pickle", b"\x80\x04\x8c\x05numpy\x8c\x10load.__globals__\x93.", "pickle-refused", "numpy.load.__globals__")
bad("pickle prototype name", "pickle", b"\x80\x02c__proto__\nconstructor\n.", "pickle-refused", "__proto__.constructor")
bad("pickle escape in a name", "pickle", b"\x80\x02cos\x1b[2J\nx\n.", "pickle-refused", "os?[2J.x")
bad("pickle INST", "pickle", b"\x80\x02(ios\nsystem\n.", "pickle-refused", "os.system")
bad("pickle INST of an allowed name", "pickle", b"\x80\x02(inumpy\nndarray\n.", "pickle-refused", "INST")
bad("pickle OBJ", "pickle", b"\x80\x02(o.", "pickle-refused", "OBJ")
bad("pickle EXT1", "pickle", b"\x80\x02\x82\x01.", "pickle-refused", "EXT1")
bad("pickle set", "pickle", p({1, 2}), "pickle-refused", "EMPTY_SET")
bad("pickle buffer outside", "pickle", pickle.dumps(pickle.PickleBuffer(b"x"), 5, buffer_callback=lambda b: False), "pickle-refused", "NEXT_BUFFER")
bad("pickle persistent id", "pickle", b"\x80\x02K\x01Q.", "pickle-refused", "persistent id")
bad("pickle numpy subclass", "pickle", p(np.matrix([[1.0]])), "pickle-refused", "matrix")
bad("pickle protocol 6", "pickle", b"\x80\x06N.", "file-malformed", "protocol 6")
bad("pickle unknown operation", "pickle", b"\x80\x02\xff.", "file-malformed", "0xff")
bad("pickle truncated", "pickle", p((exit_major, labels))[:150], "file-truncated", "ends at byte 150")
bad("pickle without end", "pickle", b"\x80\x02N", "file-truncated", "ends at byte 3")
for name, head in {"BINBYTES8": b"\x8e", "BINUNICODE8": b"\x8d", "BYTEARRAY8": b"\x96", "FRAME": b"\x95"}.items():
    bad(f"pickle {name} of 2^40", "pickle", b"\x80\x05" + head + struct.pack("<Q", 2**40) + b"x.", "file-truncated", "1099511627")
bad("pickle BINBYTES of 2^31", "pickle", b"\x80\x03B" + struct.pack("<I", 2**31) + b"x.", "file-truncated", "21474836")
bad("pickle LONG4 of 2^31", "pickle", b"\x80\x02\x8b" + struct.pack("<I", 2**31) + b"x.", "file-truncated", "21474836")
bad("pickle LONG4 of 300", "pickle", b"\x80\x02\x8b" + struct.pack("<I", 300) + b"x" * 300 + b".", "file-malformed", "300 bytes")
bad("pickle long line", "pickle", b"\x80\x02I" + b"1" * 600 + b"\n.", "file-malformed", "line of more than 512")
bad("pickle line no number", "pickle", b"\x80\x02Ix\n.", "file-malformed", "no number")
bad("pickle empty stack", "pickle", b"\x80\x02\x85.", "file-malformed", "empty stack")
bad("pickle stops empty", "pickle", b"\x80\x02.", "file-malformed", "empty stack")
bad("pickle below its mark", "pickle", b"\x80\x02N(0.", "file-malformed", "empty stack")
bad("pickle looks below its mark", "pickle", b"\x80\x02](2.", "file-malformed", "empty stack")
bad("pickle no mark", "pickle", b"\x80\x02Nt.", "file-malformed", "mark")
bad("pickle unknown memo", "pickle", b"\x80\x02h\x07.", "file-malformed", "unknown value 7")
bad("pickle appends to a number", "pickle", b"\x80\x02K\x01K\x02a.", "file-malformed", "no list")
bad("pickle sets items of a number", "pickle", b"\x80\x02K\x01K\x02K\x03s.", "file-malformed", "no dict")
bad("pickle odd items", "pickle", b"\x80\x02}(K\x01u.", "file-malformed", "key without a value")
bad("pickle calls a number", "pickle", b"\x80\x02K\x01)R.", "file-malformed", "no constructor")
bad("pickle calls without a tuple", "pickle", b"\x80\x02cnumpy\ndtype\nK\x01R.", "file-malformed", "tuple of arguments")
bad("pickle global without text", "pickle", b"\x80\x04K\x01K\x02\x93.", "file-malformed", "without text")
bad("pickle state of a number", "pickle", b"\x80\x02K\x01)b.", "file-malformed", "state of a value")
bad("pickle array state no tuple", "pickle", python2.replace(b"tb.", b"t0K\x01b."), "file-malformed", "without a tuple")
bad("pickle array state short", "pickle", python2[:python2.index(b"(K\x01K\x02K")] + b")b.", "file-malformed", "no shape or dtype")
bad("pickle dtype order", "pickle", python2.replace(b"U\x01<", b"U\x01x"), "file-malformed", "no byte order")
bad("pickle array of other size", "pickle", python2.replace(b"K\x02K\x03\x86c", b"K\x02K\x04\x86c"), "file-malformed", "24 bytes for an array of shape [2,4] float32, expected 32")
bad("pickle ndarray called", "pickle", b"\x80\x02cnumpy\nndarray\n)R.", "file-malformed", "calls numpy.ndarray")
bad("pickle dtype of a number", "pickle", b"\x80\x02cnumpy\ndtype\nK\x01\x85R.", "file-malformed", "calls numpy.dtype")
bad("pickle _reconstruct of a number", "pickle", b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nK\x01\x85R.", "file-malformed", "_reconstruct")
bad("pickle scalar of a number", "pickle", b"\x80\x02cnumpy.core.multiarray\nscalar\nK\x01\x85R.", "file-malformed", "scalar")
bad("pickle _frombuffer of a number", "pickle", b"\x80\x02cnumpy.core.numeric\n_frombuffer\nK\x01\x85R.", "file-malformed", "_frombuffer")
bad("pickle encode to rot13", "pickle", b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x05\0\0\0rot13\x86R.", "file-malformed", "_codecs.encode")
bad("pickle encode beyond latin-1", "pickle", pickle.dumps(Call(__import__("_codecs").encode, "\u20ac", "latin1"), 2), "file-malformed", "_codecs.encode")
bad("pickle bytes of a number", "pickle", b"\x80\x02c__builtin__\nbytes\nK\x01\x85R.", "file-malformed", "bytes")
bad("pickle OrderedDict of a number", "pickle", b"\x80\x02ccollections\nOrderedDict\nK\x01\x85R.", "file-malformed", "OrderedDict")
bad("pickle OrderedDict of triples", "pickle", b"\x80\x02ccollections\nOrderedDict\n]K\x01a\x85R.", "file-malformed", "OrderedDict")
bad("pickle objects", "pickle", p(np.array([1, "a"], dtype=object)), "type-unsupported", "Python objects")
bad("pickle complex array", "pickle", p(np.ones(2, "c16")), "type-unsupported", "<c16")
bad("pickle records", "pickle", p(np.zeros(2, [("a", "f4")])), "type-unsupported", "records")
bad("pickle text", "pickle", p("hello"), "array-missing", "a string")
bad("pickle none", "pickle", p(None), "array-missing", "None")
bad("pickle number", "pickle", p(3.5), "array-missing", "a number")
bad("pickle dict of text", "pickle", p({"a": "b", 3: 4}), "array-missing", "a dict with the keys a, a number")
bad("pickle unrelated arrays", "pickle", p((np.ones(3), np.ones((2, 2)))), "array-missing", "a tuple of 2 (float64 [3], float64 [2,2])")
bad("pickle ragged lists", "pickle", p([[1, 2], [3]]), "array-missing", "a list of 2")
bad("pickle list of text", "pickle", p([["a"]]), "array-missing", "a list of 1 (a list of 1 (a string))")
bad("pickle deep lists", "pickle", b"\x80\x02" + b"]" * 500 + b"a" * 499 + b".", "array-missing", "a list of 1")
bad("pickle list in itself", "pickle", b"\x80\x02]q\x00h\x00a.", "array-missing", "a list of 1")
bad("pickle lists many times over", "pickle", b"\x80\x02K\x01" + b"".join(b"q\x00](" + b"h\x00" * 100 + b"e" for _ in range(7)) + b".", "array-missing", "a list of 100")
bad("pickle empty list", "pickle", p([]), "array-missing", "a list of 0")
bad("pickle exits of two types", "pickle", p(([np.ones((4, 3)), np.ones((4, 3), "f4")], labels)), "shape-mismatch", "float32 [4,3] after float64 [4,3]")
bad("pickle unequal exits", "pickle", p(([np.ones((4, 3)), np.ones((4, 2))], labels)), "array-missing", "a tuple of 2")
legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
bad("legacy torch as pickle", "pickle", legacy + p(1001), "format-not-read", "torch file of the old format")
bad("legacy torch", "torch", legacy + p(1001), "format-not-read", "torch file of the old format")

# --- torch archives --------------------------------------------------------------------------------------------------
torch = types.ModuleType("torch")
torch._utils = types.ModuleType("torch._utils")
sys.modules.update({"torch": torch, "torch._utils": torch._utils})
for name in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexFloat"):
    setattr(torch, f"{name}Storage", type(f"{name}Storage", (), {"__module__": "torch"}))
for name in ("_rebuild_tensor_v2", "_rebuild_parameter"):
    exec(f"def {name}(*a): pass", torch._utils.__dict__)
    getattr(torch._utils, name).__module__ = "torch._utils"


class Storage:
    def __init__(self, kind, key, data, count):
        self.kind, self.key, self.data, self.count = kind, key, data, count


class Tensor:
    def __init__(self, storage, offset, size, stride):
        self.args = (storage, offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.args


def archive(value, order="little", folder="archive", extra=(), drop=()):
    entries, storages = {}, {}

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if not isinstance(item, Storage):
                return None
            storages[item.key] = item.data
            return ("storage", getattr(torch, f"{item.kind}Storage"), item.key, "cuda:0", item.count)

    out = io.BytesIO()
    Pickler(out, 2).dump(value)
    entries[f"{folder}/data.pkl"] = out.getvalue()
    if order:
        entries[f"{folder}/byteorder"] = order.encode()
    for key, data in storages.items():
        entries[f"{folder}/data/{key}"] = data
    entries[f"{folder}/version"] = b"3\n"
    entries.update(extra)
    return zip_of([{"name": n, "data": d} for n, d in entries.items() if n not in drop])


def tensor(array, kind, key="0", order="<"):
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    stride = tuple(s // array.itemsize for s in np.ascontiguousarray(array).strides)
    return Tensor(Storage(kind, key, data, array.size), 0, array.shape, stride)


good("torch dict", "torch", archive({"logits": tensor(logits, "Float"), "labels": tensor(labels, "Long", "1"), "epoch": 3}),
     {"logits": logits, "labels": labels})
good("torch val and test", "torch",
     archive(tuple(tensor(v, "Float" if v.ndim == 3 else "Long", str(i)) for i, v in enumerate(four.values()))), four, "lnc")
good("torch big-endian", "torch", archive(tensor(logits, "Float", order=">"), "big"), {"": logits})
good("torch before 2.1", "torch", archive(tensor(logits, "Float"), None), {"": logits})
exits = [tensor(exit_major[i], "Float", str(i)) for i in range(2)]
good("torch list of exits", "torch", archive(exits), {"exit_1": exit_major[0], "exit_2": exit_major[1]})
flat = np.arange(24, dtype="<f4")
shared = Storage("Float", "0", flat.tobytes(), 24)
good("torch views", "torch", archive({"t": Tensor(shared, 0, (4, 2, 3), (3, 12, 1)), "tail": Tensor(shared, 20, (4,), (1,)),
                                      "every_third": Tensor(shared, 1, (7,), (3,)), "empty": Tensor(shared, 24, (0, 3), (3, 1))}),
     {"t": flat.reshape(2, 4, 3).transpose(1, 0, 2), "tail": flat[20:], "every_third": flat[1:20:3], "empty": np.zeros((0, 3))})
brain_tensor = Tensor(Storage("BFloat16", "0", brain_bytes, 6), 0, (2, 3), (3, 1))
kinds = {"Double": "f8", "Half": "f2", "Int": "i4", "Short": "i2", "Char": "i1", "Byte": "u1", "Bool": "?"}
typed = {k: np.array([[0, 1], [2, 3]]).astype(c) for k, c in kinds.items()}
good("torch element types", "torch",
     archive(collections.OrderedDict([(k, tensor(v, k, k)) for k, v in typed.items()] + [("BFloat16", brain_tensor)])),
     {**typed, "BFloat16": brain})
good("torch parameter", "torch",
     archive({"w": Call(torch._utils._rebuild_parameter, tensor(logits, "Float"), True, collections.OrderedDict())}), {"w": logits})

f = tensor(logits, "Float")
bad("torch system", "torch", archive({"a": f, "b": Call(os.system, "true")}), "pickle-refused", "posix.system")
bad("torch complex", "torch", archive(Tensor(Storage("ComplexFloat", "0", b"x" * 8, 1), 0, (1,), (1,))), "pickle-refused", "torch.ComplexFloatStorage")
bad("torch without a pickle", "torch", npz(logits=logits), "file-malformed", "no data.pkl")
bad("torch byte order", "torch", archive(f, "middle"), "file-malformed", 'says "middle"')
bad("torch storage missing", "torch", archive(f, drop=("archive/data/0",)), "file-truncated", "no entry for storage 0")
bad("torch storage short", "torch", archive(f, extra={"archive/data/0": b"x" * 8}.items()), "file-truncated", "8 bytes for storage 0, expected 96")
bad("torch storage of 2^40", "torch", archive(Tensor(Storage("Float", "0", b"xxxx", 2**40), 0, (2**40,), (1,))), "file-truncated", "4398046511104")
bad("torch beyond its storage", "torch", archive(Tensor(shared, 4, (7, 3), (3, 1))), "file-malformed", "holds 24 float32 elements, expected 25")
bad("torch strides beyond", "torch", archive(Tensor(shared, 0, (2, 2), (2**40, 1))), "file-malformed", "expected 1099511627778")
bad("torch expanded", "torch", archive(Tensor(shared, 0, (2**40, 3), (0, 1))), "file-malformed", "holds 24 float32 elements")
bad("torch negative stride", "torch", archive(Tensor(shared, 23, (3,), (-1,))), "file-malformed", "_rebuild_tensor_v2")
bad("torch strides of another rank", "torch", archive(Tensor(shared, 0, (3,), (1, 1))), "file-malformed", "_rebuild_tensor_v2")
bad("torch storage class as storage", "torch", archive(Tensor(torch.FloatStorage, 0, (1,), (1,))), "file-malformed", "_rebuild_tensor_v2")
raw_archive = lambda data: zip_of([{"name": "a/data.pkl", "data": data}])
bad("torch persistent id", "torch", raw_archive(b"\x80\x02K\x01Q."), "file-malformed", "refers to a number")
bad("torch parameter of nothing", "torch", raw_archive(b"\x80\x02ctorch._utils\n_rebuild_parameter\n)R."), "file-malformed", "_rebuild_parameter")


# --- torch tensors in plain pickles: the storage is a torch file of the old format in a bytes object ------------------------
storage_module = types.ModuleType("torch.storage")
sys.modules["torch.storage"] = storage_module
exec("def _load_from_bytes(*a): pass", storage_module.__dict__)
storage_module._load_from_bytes.__module__ = "torch.storage"
MACHINE = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def old_file(data, count, kind="Float", version=1001, machine=MACHINE, view=None, obj=None, held=None):
    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            return ("storage", getattr(torch, f"{kind}Storage"), "7", "cuda:0", count, view) if item is data else None

    out = io.BytesIO(legacy + pickle.dumps(version, 2) + pickle.dumps(machine, 2))
    out.seek(0, io.SEEK_END)
    Pickler(out, 2).dump(data if obj is None else obj)
    return out.getvalue() + pickle.dumps(["7"], 2) + struct.pack("<q", count if held is None else held) + data


def embedded(array, protocol=4, size=None, file=None, **options):
    kind = {"f4": "Float", "f2": "Half", "i8": "Long"}[array.dtype.str[1:]]
    inner = old_file(array.tobytes(), array.size, kind, **options) if file is None else file
    strides = tuple(s // array.itemsize for s in array.strides)
    held = Call(storage_module._load_from_bytes, inner)
    return Call(torch._utils._rebuild_tensor_v2, held, 0, size or array.shape, strides, False, collections.OrderedDict())


half = logits.astype("f2")
for protocol in (2, 3, 4, 5):
    good(f"pickle {protocol} torch tensors", "pickle", pickle.dumps({"logits": embedded(logits), "labels": embedded(labels.astype("i8"))}, protocol),
         {"logits": logits, "labels": labels})
good("pickle torch half", "pickle", p([embedded(half), embedded(half)]), {"exit_1": half, "exit_2": half})
nested = old_file(small.tobytes(), 6, obj=[Call(os.system, "true")])
deeper = old_file(small.tobytes(), 6, obj=Call(storage_module._load_from_bytes, b""))
for name, value, code, says in [
    ("system inside", embedded(small, file=nested), "pickle-refused", "posix.system"),
    ("itself inside", embedded(small, file=deeper), "pickle-refused", "torch.storage._load_from_bytes"),
    ("no torch file", embedded(small, file=b"x" * 80), "file-malformed", "_load_from_bytes"),
    ("text", embedded(small, file="x" * 80), "file-malformed", "_load_from_bytes"),
    ("nothing", embedded(small, file=b""), "file-malformed", "_load_from_bytes"),
    ("another version", embedded(small, version=1002), "file-malformed", "_load_from_bytes"),
    ("a big-endian machine", embedded(small, machine={"little_endian": False}), "file-malformed", "_load_from_bytes"),
    ("a view", embedded(small, view=("7", 0, 4)), "file-malformed", "_load_from_bytes"),
    ("no storage", embedded(small, obj={"a": 1}), "file-malformed", "_load_from_bytes"),
    ("another count", embedded(small, held=7), "file-malformed", "7 elements, expected 6"),
    ("a storage of 2^40", embedded(small, file=old_file(small.tobytes(), 2**40)), "file-truncated", "ends at byte"),
    ("a tensor beyond it", embedded(small, size=(3, 3)), "file-malformed", "holds 6 float32 elements"),
]:
    bad(f"pickle torch, {name}", "pickle", p({"a": value}), code, says)
bad("pickle torch, truncated inside", "pickle", p({"a": embedded(small, file=old_file(small.tobytes(), 6)[:-30])}), "file-truncated", "ends at byte")


def write(name, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


# Every float16, as the SHA-256 of their float32 values in order (NaN replaced by 0, since NaN bits may differ).
halves = np.nan_to_num(np.arange(65536, dtype="<u2").view("<f2").astype("<f4"), nan=0.0, posinf=np.inf, neginf=-np.inf)
(HERE / "half-floats.json").write_text(json.dumps({"sha256": hashlib.sha256(halves.tobytes()).hexdigest()}) + "\n")
write("vectors.json", vectors)
write("refusals.json", refusals)
