"""Arrow IPC files built byte by byte from the format's description (Message.fbs, Schema.fbs, File.fbs), with neither
pyarrow nor the apache-arrow package, so that they check our reader independently. Bodies are compressed by the `lz4` and
`zstd` command-line programs. Run in this folder: python3 make.py. Writes *.arrow, *.arrows and expected.json."""
import json, struct, subprocess
import numpy as np

# --- FlatBuffers: a table is a dict {field number: (kind, value)} -------------------------------------------------
SIZES = {"u8": ("<B", 1), "i16": ("<h", 2), "i32": ("<i", 4), "i64": ("<q", 8)}

def pad(buf, n):
    buf.extend(b"\0" * (-len(buf) % n))

def table(buf, fields):
    """Appends vtable and table, then what the table refers to; returns the table's position."""
    count = max(fields, default=-1) + 1
    inline, size = {}, 4
    for number, (kind, _) in sorted(fields.items()):
        width = SIZES[kind][1] if kind in SIZES else 4
        size += -size % width
        inline[number] = size
        size += width
    pad(buf, 8)
    vtable = len(buf)
    buf += struct.pack("<HH", 4 + 2 * count, size)
    for number in range(count):
        buf += struct.pack("<H", inline.get(number, 0))
    pad(buf, 8)
    at = len(buf)
    buf += bytes(size)
    struct.pack_into("<i", buf, at, at - vtable)
    for number, (kind, value) in sorted(fields.items()):
        place = at + inline[number]
        if kind in SIZES:
            struct.pack_into(SIZES[kind][0], buf, place, value)
            continue
        if kind == "table":
            target = table(buf, value)
        elif kind == "text":
            pad(buf, 4)
            target = len(buf)
            buf += struct.pack("<I", len(value.encode())) + value.encode() + b"\0"
        elif kind == "structs":  # (count, raw bytes), 8-byte aligned elements
            buf += b"\0" * ((4 - len(buf)) % 8)
            target = len(buf)
            buf += struct.pack("<I", value[0]) + value[1]
        elif kind == "tables":
            pad(buf, 4)
            target = len(buf)
            buf += struct.pack("<I", len(value)) + bytes(4 * len(value))
            for i, member in enumerate(value):
                struct.pack_into("<I", buf, target + 4 + 4 * i, table(buf, member) - (target + 4 + 4 * i))
        struct.pack_into("<I", buf, place, target - place)
    return at

def flat(fields):
    buf = bytearray(8)
    struct.pack_into("<I", buf, 0, table(buf, fields))
    pad(buf, 8)
    return bytes(buf)

# --- Arrow ---------------------------------------------------------------------------------------------------------
def key_values(pairs):
    return ("tables", [{0: ("text", k), 1: ("text", v)} for k, v in pairs.items()])

def field(name, type_id, type_fields, children=(), dictionary=None, metadata=None):
    out = {0: ("text", name), 1: ("u8", 1), 2: ("u8", type_id), 3: ("table", type_fields), 5: ("tables", list(children))}
    if dictionary is not None:
        out[4] = ("table", {0: ("i64", dictionary), 1: ("table", {0: ("i32", 8), 1: ("u8", 1)})})
    if metadata:
        out[6] = key_values(metadata)
    return out

def integer(name, bits, **more): return field(name, 2, {0: ("i32", bits), 1: ("u8", 1)}, **more)
def floating(name, precision, **more): return field(name, 3, {0: ("i16", precision)}, **more)
def boolean(name): return field(name, 6, {})
def utf8(name): return field(name, 5, {})
def list_of(name, child, large=False): return field(name, 21 if large else 12, {}, [child])
def fixed(name, size, child, **more): return field(name, 16, {0: ("i32", size)}, [child], **more)

def schema(fields, metadata): return {1: ("tables", fields), 2: key_values(metadata)}

def compress(raw, codec):
    if codec is None: return raw
    if not raw: return b""
    command = {
        "lz4": ["lz4", "-c", "-1"], "lz4-checked": ["lz4", "-c", "-9", "-BX", "-BD", "-B4", "--content-size"],
        "zstd": ["zstd", "-c", "-q"], "zstd-sized": ["zstd", "-c", "-q", "-19"], "stored": None,
    }[codec]
    if command is None: return struct.pack("<q", -1) + raw
    if codec == "zstd-sized":  # from a file, so the frame holds its content size
        open("/tmp/io-arrow-buffer", "wb").write(raw)
        done = subprocess.run(command + ["/tmp/io-arrow-buffer"], capture_output=True, check=True)
    else:
        done = subprocess.run(command, input=raw, capture_output=True, check=True)
    return struct.pack("<q", len(raw)) + done.stdout

def record_batch(rows, nodes, buffers, codec=None):
    body, regions = bytearray(), []
    for raw in buffers:
        data = compress(raw, codec)
        regions.append((len(body), len(data)))
        body += data
        pad(body, 8)
    header = {
        0: ("i64", rows),
        1: ("structs", (len(nodes), b"".join(struct.pack("<qq", *n) for n in nodes))),
        2: ("structs", (len(regions), b"".join(struct.pack("<qq", *r) for r in regions))),
    }
    if codec is not None:
        header[3] = ("table", {0: ("u8", 1 if codec.startswith("zstd") else 0), 1: ("u8", 0)})
    return header, bytes(body)

def message(kind, header, body=b""):
    meta = flat({0: ("i16", 4), 1: ("u8", kind), 2: ("table", header), 3: ("i64", len(body))})
    return struct.pack("<ii", -1, len(meta)) + meta, body

def write_stream(path, schema_table, messages):
    with open(path, "wb") as f:
        for meta, body in [message(1, schema_table)] + messages:
            f.write(meta + body)
        f.write(struct.pack("<ii", -1, 0))

def write_file(path, schema_table, dictionaries, batches):
    out = bytearray(b"ARROW1\0\0")
    for meta, body in [message(1, schema_table)]: out += meta + body
    blocks = []
    for group in (dictionaries, batches):
        packed = []
        for meta, body in group:
            packed.append(struct.pack("<qiiq", len(out), len(meta), 0, len(body)))
            out += meta + body
        blocks.append(("structs", (len(packed), b"".join(packed))))
    out += struct.pack("<ii", -1, 0)
    footer = flat({0: ("i16", 4), 1: ("table", schema_table), 2: blocks[0], 3: blocks[1]})
    out += footer + struct.pack("<i", len(footer)) + b"ARROW1"
    open(path, "wb").write(out)

# --- The files -----------------------------------------------------------------------------------------------------
expected = {}
le = lambda a, t: np.ascontiguousarray(a, dtype=t).tobytes()

# Every kind of column, two batches of 3 and 2 rows.
tensor_meta = {"ARROW:extension:name": "arrow.fixed_shape_tensor",
               "ARROW:extension:metadata": json.dumps({"shape": [2, 3], "permutation": [1, 0]})}
fields = [
    list_of("nested", list_of("item", floating("item", 1), large=True)),
    utf8("text"),
    integer("label", 64),
    boolean("flag"),
    fixed("half", 2, floating("item", 0)),
    fixed("tensor", 6, floating("item", 2), metadata=tensor_meta),
    integer("code", 16, dictionary=7),
]
def batch(rows, seed):
    rng = np.random.default_rng(seed)
    nested = rng.standard_normal((rows, 2, 4)).astype("<f4")
    label = rng.integers(-5, 2**40, rows)
    flag = rng.integers(0, 2, rows)
    half = rng.standard_normal((rows, 2)).astype("<f2")
    tensor = rng.standard_normal((rows, 2, 3))
    code = rng.integers(0, 4, rows)
    # Lists whose first offset is not 0, as slices have: one unused float before the values.
    nodes = [(rows, 0), (rows * 2 + 1, 0), (rows * 8 + 4, 0), (rows, 0), (rows, 0), (rows, 0), (rows, 0), (rows * 2, 0),
             (rows, 0), (rows * 6, 0), (rows, 0)]
    buffers = [b"", le(1 + 2 * np.arange(rows + 1), "<i4"), b"", le(4 * np.arange(rows * 2 + 2), "<i8"), b"",
               le(np.concatenate([np.full(4, 99), nested.ravel()]), "<f4"),
               b"", le(np.arange(rows + 1), "<i4"), b"x" * rows,
               b"", le(label, "<i8"), b"", np.packbits(flag, bitorder="little").tobytes(),
               b"", b"", half.tobytes(), b"", b"", le(tensor, "<f8"), b"", le(code, "<i1")]
    words = np.array([300, -7, 12, 5])
    values = {"nested": nested.ravel().tolist(), "label": label.tolist(), "flag": flag.tolist(),
              "half": half.astype("f8").ravel().tolist(), "tensor": tensor.transpose(0, 2, 1).ravel().tolist(),
              "code": words[code].tolist()}
    return record_batch(rows, nodes, buffers), values

made = [batch(3, 1), batch(2, 2)]
first, more = (record_batch(len(v), [(len(v), 0)], [b"", le(v, "<i2")]) for v in ([300, -7], [12, 5]))
dictionaries = [message(2, {0: ("i64", 7), 1: ("table", first[0])}, first[1]),
                message(2, {0: ("i64", 7), 1: ("table", more[0]), 2: ("u8", 1)}, more[1])]
batches = [message(3, *b) for b, _ in made]
kinds = schema(fields, {"origin": "made by hand"})
write_file("kinds.arrow", kinds, dictionaries, batches)
write_stream("kinds.arrows", kinds, dictionaries + batches)
expected["kinds"] = [values for _, values in made]

# Compressed bodies: repetitive logits and a constant label.
rows = 40
logits = (np.arange(rows * 8) % 5 / 8).astype("<f4")
label = np.full(rows, 3)
for codec in ["lz4", "lz4-checked", "zstd", "zstd-sized", "stored"]:
    b = record_batch(rows, [(rows, 0), (rows * 8, 0), (rows, 0)], [b"", b"", logits.tobytes(), b"", le(label, "<i4")], codec)
    write_file(f"{codec}.arrow", schema([fixed("logits", 8, floating("item", 1)), integer("label", 32)], {}), [], [message(3, *b)])
expected["compressed"] = {"logits": logits.tolist(), "label": label.tolist()}

# Refused when read: a null in row 1 of the second batch; a list of another length in row 2.
simple = schema([integer("label", 32), list_of("logits", floating("item", 1))], {})
def lists(offsets, validity):
    n = len(offsets) - 1
    nulls = 0 if validity is None else n - bin(validity).count("1")
    return message(3, *record_batch(n, [(n, nulls), (n, 0), (offsets[-1], 0)],
        [b"" if validity is None else bytes([validity]), le(np.arange(n), "<i4"), b"", le(offsets, "<i4"), b"", le(np.arange(offsets[-1]), "<f4")]))
write_file("null.arrow", simple, [], [lists([0, 2, 4], None), lists([0, 2, 4], 0b01)])
write_file("ragged.arrow", simple, [], [lists([0, 2, 4, 7], None)])
json.dump(expected, open("expected.json", "w"))
