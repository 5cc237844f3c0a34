"""Pickles that name what may not be named, or lie about lengths. They are assembled opcode by opcode, never run."""
import io
import pickle
import struct

import numpy as np

from broken_arrays import HUGE, zip_bytes
from broken_case import Case

PROTOCOL = b"\x80\x04"


def text(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


def stack_global(module, name):
    """Protocol 4: both names on the stack, then the opcode."""
    return text(module) + text(name) + b"\x93"


def line_global(module, name):
    """Protocols 0 to 3: the opcode, then two lines."""
    return f"c{module}\n{name}\n".encode()


def called(function, argument):
    return function + text(argument) + b"\x85R"


def array_pickle(array):
    """A protocol 4 pickle of an array as numpy 1 writes it, without frame and STOP."""
    out = io.BytesIO()
    pickler = pickle._Pickler(out, protocol=4)
    pickler.framer.start_framing = lambda: None
    pickler.dump(array)
    return out.getvalue()[2:-1].replace(b"\x8c\x16numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray")


def refused(file, body, name, protocol=PROTOCOL):
    return Case(file, protocol + body + b".", "pickle-refused", name)


def cases(good):
    array = array_pickle(np.ascontiguousarray(good.transpose(1, 0, 2)))
    system = called(line_global("os", "system"), "echo refused")
    hidden = b"}" + b"(" + text("logits") + array + text("labels") + b"(" + system + b"\x85tu"
    dotted = called(stack_global("numpy.core.multiarray", "_reconstruct.__globals__"), "x")
    torch_pickle = PROTOCOL + called(stack_global("os", "system"), "echo refused") + b"."
    legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03." + b"\x80\x02}."
    yield refused("pickle-os-system.p", system, "os.system", b"\x80\x02")
    yield refused("pickle-posix-system.p", called(stack_global("posix", "system"), "echo refused"), "posix.system")
    yield refused("pickle-eval.p", called(stack_global("builtins", "eval"), "1"), "builtins.eval")
    yield refused("pickle-popen.p", called(stack_global("subprocess", "Popen"), "true"), "subprocess.Popen")
    yield refused("pickle-nested-in-dict.p", hidden, "os.system")
    yield refused("pickle-inst.p", b"(" + text("echo refused") + b"ios\nsystem\n", "os.system", b"\x80\x02")
    yield refused("pickle-numpy-load.p", called(stack_global("numpy", "load"), "x.npy"), "numpy.load")
    yield refused("pickle-dotted-name.p", dotted, "_reconstruct.__globals__")
    yield Case("pickle-torch-os-system.pth", zip_bytes({"archive/data.pkl": torch_pickle, "archive/version": b"3\n"}),
               "pickle-refused", "os.system")
    yield Case("pickle-truncated.p", (PROTOCOL + array)[:500], "file-truncated", "ends at byte 500")
    yield Case("pickle-bytes-of-2-to-the-40.p", PROTOCOL + b"\x8e" + struct.pack("<Q", HUGE) + b"abc.",
               "file-truncated", str(11 + HUGE))
    yield Case("pickle-without-arrays.p", PROTOCOL + b"}" + text("epochs") + b"K\x05s.", "array-missing",
               "epochs")
    # Found by fuzzing: an integer beyond the largest double.
    yield Case("pickle-integer-of-255-bytes.p", b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".", "array-missing", "holds a number")
    yield Case("torch-legacy.pth", legacy, "format-not-read", "legacy .pth")
