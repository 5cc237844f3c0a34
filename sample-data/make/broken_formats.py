"""Files of other formats, and Arrow files that make-broken-arrow.js writes."""
import struct
import zlib

from broken_case import Case, npy_bytes


def gzip_bytes(data):
    """RFC 1952 without name and time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff" + body + struct.pack("<II", zlib.crc32(data), len(data))


def foreign_cases(good):
    yield Case("empty.npy", b"", "format-unknown", " empty")
    yield Case("unknown-bytes.bin", bytes((37 * i + 11) % 256 for i in range(96)), "format-unknown",
               "0b 30 55")
    yield Case("parquet.parquet", b"PAR1" + bytes(24) + struct.pack("<I", 12) + b"PAR1", "format-not-read", "Parquet")
    yield Case("hdf5.h5", b"\x89HDF\r\n\x1a\n" + bytes(88), "format-not-read", "HDF5")
    yield Case("gzip.npy.gz", gzip_bytes(npy_bytes(good)), "format-not-read", " gzip")
    yield Case("feather-1.feather", b"FEA1" + bytes(24) + b"FEA1", "format-not-read", "Feather")


def arrow_cases():
    def arrow(file, code, says):
        return Case(file, None, code, says)

    yield arrow("arrow-truncated.arrow", "file-truncated", "ARROW1")
    yield arrow("arrow-metadata-of-1-gb.arrows", "file-truncated", str(8 + 2 ** 30))
    yield arrow("arrow-body-of-2-to-the-40.arrows", "file-truncated", "10995116")
    yield arrow("arrow-without-logits.arrow", "array-missing", "height")
    yield arrow("arrow-null.arrow", "value-not-finite", "exit_2")
    yield arrow("arrow-uneven-lists.arrow", "shape-mismatch", "exit_1")


def text_cases():
    head = "confidence_1,confidence_2,prediction_1,prediction_2,label\n"
    rows = "0.5,0.9,3,3,3\n0.7,0.8,1,1,1\n"
    yield Case("csv-text-cell.csv", (head + rows + "0.6,high,2,2,2\n").encode(), "file-malformed", "high")
    yield Case("csv-ragged-row.csv", (head + rows + "0.6,0.7,2,2\n").encode(), "file-malformed", "4")
    yield Case("csv-missing-column.csv", b"confidence_1,confidence_3,label\n0.5,0.9,3\n0.6,0.7,1\n", "table-invalid",
               "confidence_2")
    yield Case("csv-unknown-columns.csv", b"height,width\n1,2\n3,4\n", "array-missing", "height")
    yield Case("json-malformed.json", b'{"logits": [[[1, 2], [3, 4]], ', "file-malformed", "JSON")


def cases(good):
    yield from foreign_cases(good)
    yield from arrow_cases()
    yield from text_cases()
