"""An emulated 64-bit ARM: Debian 12's Python below a folder, run by qemu-aarch64.

Made once (about 10 s, needs Debian's and PyPI's servers) and kept. The wheels are those of
`requirements/dev.lock`, checked by its hashes; numpy is the one that a 64-bit handheld gets, or
Debian's. The network runs with tflite-runtime: LiteRT's wheel crashes under qemu-user 7.2.
Next: `arm_counter.c`, which counts.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.arm_report import ArmCheckFailed
from tools.cross_compiler import ROOT, TARGETS, has_zig, zig

LOCK = ROOT / "requirements" / "dev.lock"
COUNTER = Path(__file__).parent / "arm_counter.c"
SUITE = "bookworm"
DEBIAN_PACKAGES = (
    "libopenblas0-pthread",
    "libstdc++6",
    "python3",
    "python3-click",
    "python3-cryptography",
    "python3-numpy",
    "python3-serial",
    "python3-usb",
)
WHEELS = ("tflite-runtime", "numpy")  # each in a folder of its own
PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
NUMPYS = ("lock", "debian")
CPU = "cortex-a53"  # no dot products, no half floats: the least that a handheld may have
GCC = "aarch64-linux-gnu-gcc"
PACKAGE_OF = {
    "qemu-aarch64": "qemu-user",
    "mmdebstrap": "mmdebstrap",
    "gcc": "gcc libc6-dev",
    GCC: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
}
TIMEOUT_S = 3600
STAMPS = "made-*"


def require(*programs: str) -> None:
    """Raises `ArmCheckFailed`, which says what to install, unless all of them are there."""
    missing = [one for one in programs if shutil.which(one) is None]
    if missing:
        packages = " ".join(PACKAGE_OF[one] for one in missing)
        raise ArmCheckFailed(
            f"Not installed: {', '.join(missing)}.",
            remedy=f"On Debian 12: apt-get install --no-install-recommends {packages}",
        )


def userland_is_made(folder: Path) -> bool:
    return _stamp(folder).is_file()


def make_userland(folder: Path) -> None:
    """Debian's packages, the wheels and the plugin below `folder`; nothing if they are there.

    Raises:
        ArmCheckFailed: a program or a server is missing, or the folder holds something else.
    """
    made_before = userland_is_made(folder)
    require("qemu-aarch64", *(() if made_before else ("mmdebstrap", "gcc")))
    if made_before:
        return
    if folder.exists() and any(folder.iterdir()) and not any(folder.glob(STAMPS)):
        raise ArmCheckFailed(f"{folder} holds something else.", remedy="Name another --userland.")
    print(f"making an ARM userland in {folder} (once) ...", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as beside:
        made = Path(beside) / "made"
        _make(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def arm_compiler() -> list[str]:
    """The one that makes the wheels, where it is installed; else Debian's."""
    if has_zig():
        return zig(TARGETS["aarch64"])
    require(GCC)
    return [GCC]


def run_emulated(
    folder: Path, arguments: Sequence[str], numpy: str, extra: Mapping[str, str]
) -> tuple[str, str]:
    """Run Python there with these arguments; what it printed, and the plugin's log.

    What is neither below the userland nor given as a variable, it sees as it is here: the checkout
    is read in its own place.
    """
    folder = folder.resolve()
    root, log = folder / "root", folder / f"counts-{os.getpid()}.log"
    wheels = [str(folder / name) for name in WHEELS if name != "numpy" or numpy == "lock"]
    environment = {
        "PATH": "/usr/bin",
        "HOME": str(folder / "home"),
        "RAMIX_HOME": str(folder / "home"),
        "LD_LIBRARY_PATH": "/usr/lib/aarch64-linux-gnu/openblas-pthread",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONHOME": str(root / "usr"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *wheels]),
        "PYTHONPYCACHEPREFIX": str(folder / "pycache"),  # not beside the files of the checkout
        **extra,
    }
    emulator = ["qemu-aarch64", "-cpu", CPU, "-L", str(root), "-d", "plugin", "-D", str(log)]
    plugin = ["-plugin", str(folder / "counter.so")]
    program = [str(root / "usr" / "bin" / "python3.11"), *arguments]
    try:
        printed = _call([*emulator, *plugin, *program], environment)
        return printed, log.read_text()
    finally:
        log.unlink(missing_ok=True)


def run_here(arguments: Sequence[str]) -> str:
    """The same on this machine, in a process of its own."""
    return _call([sys.executable, *arguments])


def locked(name: str, lock: str) -> str:
    """The entry of a package in a lock, with its hashes."""
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ArmCheckFailed(f"{name} is not in {LOCK.name}.", remedy="Run `make lock`.")
    return found.group()


def _make(folder: Path) -> None:
    folder.mkdir()
    packages = ",".join(DEBIAN_PACKAGES)
    bootstrap = ["mmdebstrap", "--quiet", "--variant=extract", "--architectures=arm64"]
    _call([*bootstrap, f"--include={packages}", SUITE, str(folder / "root")])
    for name in WHEELS:
        _install_wheel(name, folder)
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared"]
    _call(["gcc", *flags, "-o", str(folder / "counter.so"), str(COUNTER)])
    _stamp(folder).touch()


def _install_wheel(name: str, folder: Path) -> None:
    wanted = folder / f"{name}.txt"
    wanted.write_text(locked(name, LOCK.read_text()))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    python = ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311"]
    platforms = [f"--platform={one}" for one in PLATFORMS]
    _call([*pip, *python, *platforms, f"--target={folder / name}", "-r", str(wanted)])


def _stamp(folder: Path) -> Path:
    """Its name changes with all that the userland is made of: then it is made anew."""
    entries = [locked(name, LOCK.read_text()) for name in WHEELS]
    contents = repr((SUITE, DEBIAN_PACKAGES, PLATFORMS, entries, COUNTER.read_bytes()))
    return folder / STAMPS.replace("*", hashlib.sha256(contents.encode()).hexdigest()[:16])


def _call(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What it printed; raises `ArmCheckFailed` with the end of what it said where it failed."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    if done.returncode != 0:
        last = " ".join(done.stderr.split()[-40:])
        program = Path(command[0]).name
        raise ArmCheckFailed(f"{program} ended with exit code {done.returncode}: {last}")
    return done.stdout
