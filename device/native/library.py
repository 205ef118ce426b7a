"""Loads the compiled kernel, where there is one for this machine; `kernel.h` says what it offers.

One file serves every Python of an architecture: it knows nothing of Python, and is called through
ctypes. `RAMIX_KERNEL` names another file, or is "none" for numpy alone.
Next: `device/fit/native_fit.py`, which calls it.
"""

import ctypes
import logging
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

VERSION = 4  # RAMIX_KERNEL_VERSION of the header that the structures here follow
VARIABLE = "RAMIX_KERNEL"
NONE = "none"

_INT, _DOUBLE, _PLACE = ctypes.c_int32, ctypes.c_double, ctypes.c_void_p
_FLOAT = ctypes.c_float
# As in the header; every one returns int32, below zero where there was no memory.
_FUNCTIONS = {
    "ramix_kernel_version": (),
    "ramix_structure_bytes": (_INT,),
    "ramix_reweighted_fit": (_PLACE, _PLACE),
    "ramix_nonnegative": (_INT, _PLACE, _INT, _PLACE, _DOUBLE, _PLACE, _PLACE),
    "ramix_convolved": (_INT, _PLACE, _INT, _PLACE, _PLACE),
    "ramix_shifted": (_INT, _PLACE, _DOUBLE, _DOUBLE, _PLACE),
    "ramix_gridded": (_PLACE, _PLACE, _PLACE, _PLACE),
    "ramix_cosmic_rays": (_PLACE, _PLACE),
    "ramix_model_input": (_INT, _PLACE, _INT, _PLACE, _DOUBLE, _FLOAT, _PLACE),
}

_log = logging.getLogger("ramix.native")


@lru_cache(maxsize=1)
def kernel() -> ctypes.CDLL | None:
    """The kernel, or None: no file, made for another machine, or of another version."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted == NONE:
        return None
    path = Path(wanted) if wanted else Path(__file__).with_name("kernel.elf")
    if not path.exists():
        return None
    try:
        library = ctypes.CDLL(str(path))
        for name, types in _FUNCTIONS.items():
            function = getattr(library, name)
            function.argtypes, function.restype = types, _INT
            function.errcheck = _checked
        found = int(library.ramix_kernel_version())
    except (OSError, AttributeError) as error:
        _log.warning("%s cannot be used (%s): numpy takes its place", path.name, error)
        return None
    if found != VERSION:
        _log.warning("%s is of version %d, not %d: numpy takes its place", path, found, VERSION)
        return None
    return library


def _checked(result: int, function: object, arguments: tuple[object, ...]) -> int:
    """Of every call: below zero there was no memory (`kernel.h`)."""
    if result < 0:
        raise MemoryError("no memory for a calculation in the compiled kernel")
    return result


def backend() -> str:
    """What records say of it: "native" or "numpy"."""
    return "numpy" if kernel() is None else "native"


def address(array: npt.NDArray[np.generic]) -> int:
    """Where a contiguous array lies; whoever calls keeps the array alive."""
    return int(array.__array_interface__["data"][0])
