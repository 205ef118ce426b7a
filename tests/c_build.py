"""The C side, built once for all tests that run it."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

C_FOLDER = Path(__file__).parents[1] / "firmware_bridge" / "c"
COMPILER = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
CAN_BUILD = COMPILER is not None and shutil.which("make") is not None
WHY_NOT = "no C compiler or no make here"


@functools.cache
def built() -> Path:
    """The folder with what `make` of the C folder makes; removed at the end of the session."""
    folder = tempfile.TemporaryDirectory(prefix="ramix-c-")
    atexit.register(folder.cleanup)
    command = ["make", "-s", "-C", str(C_FOLDER), f"OUT={folder.name}", f"CC={COMPILER}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the C side does not build:\n{done.stderr}")
    return Path(folder.name)
