"""NPY, NPZ and safetensors files that contradict themselves."""
import io
import json
import struct
import zipfile

import numpy as np

from broken_case import Case, npy_bytes, npy_header

HUGE = 2 ** 40


def npy_cases(good):
    whole = npy_bytes(good)
    floats = {"descr": "<f4", "fortran_order": False, "shape": (HUGE, 4, 10)}
    huge = npy_header(floats)
    raw = npy_header({**floats, "descr": "|V2", "shape": good.shape})
    executing = "{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os').sysconf_names}"
    objects = np.empty(3, dtype=object)
    objects[:] = ["a", 1, None]
    yield Case("npy-truncated-header.npy", whole[:40], "file-truncated", "ends at byte 40")
    yield Case("npy-truncated-data.npy", whole[:1000], "file-truncated", "ends at byte 1000")
    yield Case("npy-2-to-the-40-rows.npy", huge + bytes(32), "file-truncated", str(len(huge) + HUGE * 160))
    yield Case("npy-header-of-2-gb.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2 ** 31) + b"{'descr'",
               "file-truncated", str(12 + 2 ** 31))
    yield Case("npy-version-9.npy", whole[:6] + b"\x09\x00" + whole[8:], "file-malformed", "9.0")
    yield Case("npy-header-with-code.npy", npy_header(executing) + bytes(16), "file-malformed", "NPY header")
    yield Case("npy-negative-shape.npy", npy_header({**floats, "shape": (-1, 4, 10)}), "file-malformed",
               "NPY header")
    yield Case("npy-objects.npy", npy_bytes(objects), "type-unsupported", "dtype object")
    yield Case("npy-bfloat16.npy", raw + bytes(2 * good.size), "type-unsupported", "V2")
    yield Case("npy-complex.npy", npy_bytes(good.astype(np.complex64)), "type-unsupported", "c8")
    yield Case("npy-text.npy", npy_bytes(np.array(["a", "bc"])), "type-unsupported", "U2")


def zip_bytes(entries, compression=zipfile.ZIP_STORED):
    """A zip archive without a clock: every entry is dated 1980."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            archive.writestr(info, content, compresslevel=9)
    return out.getvalue()


def patched(archive, local_offset, directory_offset, value):
    """The one-entry archive with a field replaced in the local header and in the directory."""
    data, directory = bytearray(archive), archive.rindex(b"PK\x01\x02")
    data[local_offset:local_offset + len(value)] = value
    data[directory + directory_offset:directory + directory_offset + len(value)] = value
    return bytes(data)


def npz_cases(good):
    logits = npy_bytes(good)
    stored = zip_bytes({"logits.npy": logits})
    deflated = zip_bytes({"logits.npy": logits}, zipfile.ZIP_DEFLATED)
    zeros = zip_bytes({"logits.npy": npy_bytes(np.zeros((100_000, 4, 10), "<f4"))}, zipfile.ZIP_DEFLATED)
    directory, end = stored.rindex(b"PK\x01\x02"), stored.rindex(b"PK\x05\x06")
    moved = stored[:end + 16] + struct.pack("<I", 2 ** 31) + stored[end + 20:]
    wrong = bytearray(deflated)
    wrong[deflated.rindex(b"PK\x01\x02") + 16] ^= 255
    other = zip_bytes({"weights.npy": npy_bytes(good[0]), "bias.npy": npy_bytes(good[0, 0])})
    yield Case("npz-bomb.npz", zeros, "zip-bomb", "logits.npy")
    yield Case("npz-declares-3-gb.npz", patched(deflated, 22, 24, struct.pack("<I", 3_000_000_000)), "zip-bomb",
               "3000000000")
    yield Case("npz-declares-too-little.npz", patched(deflated, 22, 24, struct.pack("<I", 1000)), "zip-bomb", "1000")
    yield Case("npz-wrong-checksum.npz", bytes(wrong), "file-malformed", "logits.npy")
    yield Case("npz-encrypted.npz", patched(stored, 6, 8, b"\x01\x00"), "file-malformed", "is encrypted")
    yield Case("npz-truncated.npz", stored[:directory + 10], "file-truncated", "zip directory")
    yield Case("npz-directory-outside.npz", moved, "file-truncated", f"ends at byte {len(moved)}")
    yield Case("npz-unknown-keys.npz", other, "array-missing", "weights")
    yield Case("npz-without-arrays.npz", zip_bytes({"readme.txt": b"nothing here"}), "format-unknown",
               "readme.txt")


def safetensors_bytes(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def safetensors_cases(good):
    data = good.tobytes()
    logits = {"dtype": "F32", "shape": list(good.shape), "data_offsets": [0, len(data)]}
    far = {**logits, "data_offsets": [HUGE, HUGE + len(data)]}
    labels = {"dtype": "I64", "shape": [2], "data_offsets": [8, 24]}
    yield Case("safetensors-header-of-2-to-the-40.safetensors", struct.pack("<Q", HUGE) + b'{"logits":{}}',
               "header-too-large", str(HUGE))
    outside, cut = safetensors_bytes({"logits": far}, data), safetensors_bytes({"logits": logits}, data[:100])
    yield Case("safetensors-outside.safetensors", outside, "file-truncated", f"ends at byte {len(outside)}")
    yield Case("safetensors-truncated.safetensors", cut, "file-truncated", f"ends at byte {len(cut)}")
    yield Case("safetensors-malformed-json.safetensors", safetensors_bytes(b'{"logits": {"dtype": "F32", ', data),
               "file-malformed", "JSON")
    yield Case("safetensors-overlap.safetensors", safetensors_bytes({"logits": logits, "labels": labels}, data),
               "file-malformed", "overlap another")
    yield Case("safetensors-wrong-size.safetensors",
               safetensors_bytes({"logits": {**logits, "shape": [3, 4, 10]}}, data), "file-malformed", "logits")
    yield Case("safetensors-float8.safetensors", safetensors_bytes({"logits": {**logits, "dtype": "F8_E4M3"}}, data),
               "type-unsupported", "F8_E4M3")


def cases(good):
    yield from npy_cases(good)
    yield from npz_cases(good)
    yield from safetensors_cases(good)
