"""One broken file and the answer that it should get."""
import io
from dataclasses import dataclass
from typing import Optional

import numpy as np


@dataclass
class Case:
    file: str
    content: Optional[bytes]            # None: another script writes this file
    code: str                           # code of the error catalogue
    says: str                           # part of the message
    args: tuple = ()                    # after `eexit calibrate FILE -e 0.1`
    command: Optional[tuple] = None     # a whole command instead, where "<file>" is the path of the file

    def entry(self):
        call = {"command": list(self.command)} if self.command else {"args": list(self.args)}
        return {"file": self.file, **call, "code": self.code, "says": self.says}


def npy_bytes(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npy_header(header, version=(1, 0)):
    """An NPY file up to its data, with any header text or a dict of its three keys."""
    text = (repr(header) if isinstance(header, dict) else header).encode()
    size = 2 if version[0] == 1 else 4
    text += b" " * (-(8 + size + len(text) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(size, "little") + text
