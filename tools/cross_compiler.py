"""The compiled kernel for another processor: what `setup.py` lists, by the compiler of PyPI's wheel
`ziglang`, which holds clang and the C library of every target.

    python -c "from tools.cross_compiler import *; print(compile_kernel(zig(TARGETS['aarch64'])))"

A kernel is kept under the hash of all that it is made of. Next: `build_wheels.py`, which puts it
into a wheel; `arm_check.py` counts its instructions.
"""

import hashlib
import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from firmware_bridge.errors import RamixError

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out"
WHEELS_PYTHON = OUT / "wheels-venv" / "bin" / "python"  # made by `make wheels`
TIMEOUT_S = 600


class KernelNotMade(RamixError):
    """There is no compiler for the processor, or the C code does not compile."""

    code = "kernel_not_made"


@dataclass(frozen=True)
class Target:
    """A processor as `uname -m` names it, with the C library that it has at least.

    `triple` is zig's name, `machine` that of the ELF header.
    """

    name: str
    triple: str
    glibc: str
    machine: int

    @property
    def platform(self) -> str:
        """As pip compares it with the machine that it installs on."""
        return f"manylinux_{self.glibc.replace('.', '_')}_{self.name}"


# glibc 2.28 is Debian 10's, 2.31 Debian 11's: the oldest that has a name for 32-bit ARM. Compiled
# for the least processor of the name, for 32-bit ARM with NEON, which tflite-runtime needs too.
TARGETS = {
    target.name: target
    for target in (
        Target("x86_64", "x86_64-linux-gnu", "2.28", 62),
        Target("aarch64", "aarch64-linux-gnu", "2.28", 183),
        Target("armv7l", "arm-linux-gnueabihf", "2.31", 40),
    )
}


def has_zig() -> bool:
    return find_spec("ziglang") is not None or WHEELS_PYTHON.exists()


def zig(target: Target) -> list[str]:
    """The compiler's command: from this environment, or from the one of `make wheels`."""
    if not has_zig():
        raise KernelNotMade(
            "There is no compiler for other processors: ziglang is not installed.",
            remedy="Run `make wheels` once, which installs it in an environment of its own.",
        )
    python = sys.executable if find_spec("ziglang") is not None else str(WHEELS_PYTHON)
    return [python, "-m", "ziglang", "cc", "-target", f"{target.triple}.{target.glibc}"]


def recipe() -> dict[str, Any]:
    """What `setup.py` defines: SOURCES, COMPILE_FLAGS, LINK_FLAGS, LIBRARIES, COMPILED."""
    return runpy.run_path(str(ROOT / "setup.py"))


def compile_kernel(
    compiler: Sequence[str],
    sources: Sequence[Path] | None = None,
    folder: Path = OUT / "kernels",
) -> Path:
    """The kernel of the checkout, or of other sources: compiled unless `folder` holds it.

    Raises:
        KernelNotMade: with the end of what the compiler said.
    """
    made_of = recipe()
    sources = [ROOT / name for name in made_of["SOURCES"]] if sources is None else sources
    flags = ["-fPIC", "-shared", *made_of["COMPILE_FLAGS"], *made_of["LINK_FLAGS"]]
    libraries = [f"-l{name}" for name in made_of["LIBRARIES"]]
    contents = repr((version_of(compiler), compiler[1:], flags, libraries, _contents(sources)))
    kept = folder / f"kernel-{hashlib.sha256(contents.encode()).hexdigest()[:16]}.elf"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as beside:
            made = Path(beside) / "kernel.elf"
            _call([*compiler, *flags, "-o", str(made), *map(str, sources), *libraries])
            made.rename(kept)
    return kept


def version_of(compiler: Sequence[str]) -> str:
    """Its first line about itself."""
    return _call([*compiler, "--version"]).partition("\n")[0]


def machine_of(elf: bytes) -> int | None:
    """The processor in the header of a little-endian ELF file; None for any other file."""
    if elf[:4] != b"\x7fELF" or len(elf) < 20:
        return None
    return int.from_bytes(elf[18:20], "little")


def _contents(sources: Sequence[Path]) -> list[bytes]:
    """Of the sources in their order, and of every header beside them."""
    headers = sorted({header for one in sources for header in one.parent.glob("*.h")})
    return [path.read_bytes() for path in [*sources, *headers]]


def _call(command: Sequence[str]) -> str:
    """What it printed; zig keeps what it makes inside the checkout."""
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(OUT / "zig-cache"), **os.environ}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    if done.returncode != 0:
        last = " ".join(done.stderr.split()[-60:])
        raise KernelNotMade(f"The kernel does not compile, exit code {done.returncode}: {last}")
    return done.stdout
