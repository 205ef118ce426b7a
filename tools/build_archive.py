"""One archive that installs the handheld's program without a network; `make package`.

    python -m tools.build_archive --out dist
    python -m tools.build_archive --out dist --only aarch64

It holds our wheel, every wheel of `requirements/device.lock` with its hash, man pages, README and
`docs/`, and `packaging/install.sh`. For this machine the kernel is compiled by its own C compiler,
for others as `make wheels` does. Next: `build_wheels.py`, `man_pages.py`.
"""

import gzip
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from device.version import VERSION
from firmware_bridge.errors import RamixError
from tools.build_wheels import build_wheel, wheel_for
from tools.cross_compiler import ROOT, TARGETS, compile_kernel, zig
from tools.entry_point import run
from tools.man_pages import write_pages

LOCK = ROOT / "requirements" / "device.lock"
INSTALLER = ROOT / "packaging" / "install.sh"
SUMS = "SHA256SUMS"
# 32-bit ARM takes numpy from Debian (requirements/device-armv7l.in): wheels alone do not serve it.
MACHINES = tuple(name for name in TARGETS if name != "armv7l")
# Every name under which a wheel for glibc 2.28 or older may be published.
GLIBCS = ("2_28", "2_27", "2_24", "2_17", "2014", "2_5", "1")
DOWNLOAD_TIMEOUT_S = 1200


class ArchiveNotMade(RamixError):
    """A wheel could not be had."""

    code = "archive_not_made"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "dist",
    help="Where the archive is put.  [default: dist]",
)
@click.option(
    "--only",
    type=click.Choice(MACHINES),
    help="The processor it is for.  [default: this machine's]",
)
@click.option(
    "--python",
    "python_version",
    type=click.Choice(("3.11", "3.12")),
    default=f"3.{sys.version_info.minor}",
    show_default=True,
    help="The Python it is for.",
)
def build_archive(out: Path, only: str | None, python_version: str) -> None:
    """Build our wheel, and the archive with all others that installs without a network."""
    for made in package_for(only or platform.machine(), python_version, out):
        print(f"{made}  {made.stat().st_size / 1e6:.1f} MB")


def package_for(machine: str, python_version: str, out: Path) -> tuple[Path, Path]:
    """Wheel and archive for one processor and one Python.

    Raises:
        ArchiveNotMade: a wheel of the lock cannot be downloaded.
        WheelNotMade: our own cannot be built.
    """
    tag = f"cp{python_version.replace('.', '')}"
    name = f"ramix-edge-{VERSION}-{machine}-{tag}"
    with TemporaryDirectory() as place:
        folder = Path(place) / name
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        _download(machine, python_version, wheels)
        ours = _our_wheel(machine, wheels)
        digest = hashlib.sha256(ours.read_bytes()).hexdigest()
        (folder / "requirements.txt").write_text(
            f"{LOCK.read_text()}ramix-edge=={VERSION} --hash=sha256:{digest}\n"
        )
        (folder / "PYTHONS").write_text(f"{tag}\n")
        write_pages(folder / "man")
        for file in ("LICENSE", "THIRD_PARTY_NOTICES.md", "README.md"):
            shutil.copy(ROOT / file, folder)
        shutil.copy(INSTALLER, folder)
        shutil.copytree(ROOT / "docs", folder / "docs")
        (folder / SUMS).write_text("".join(_sums(folder)))
        out.mkdir(parents=True, exist_ok=True)
        archive = out / f"{name}.tar.gz"
        archive.write_bytes(_packed(folder))
        wheel = Path(shutil.copy(ours, out))
    return wheel, archive


def _our_wheel(machine: str, out: Path) -> Path:
    if machine == platform.machine():
        return build_wheel(out)
    target = TARGETS[machine]
    return wheel_for(target, compile_kernel(zig(target)), out)


def _download(machine: str, python_version: str, out: Path) -> None:
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    options += ["--python-version", python_version, "--implementation", "cp", "--dest", str(out)]
    for glibc in GLIBCS:
        between = "_" if "_" in glibc else ""
        options += ["--platform", f"manylinux{between}{glibc}_{machine}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "-r", str(LOCK)],
        capture_output=True,
        text=True,
        timeout=DOWNLOAD_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise ArchiveNotMade(
            f"pip download failed: {' '.join(done.stderr.split()[-60:])}",
            remedy="Run it again where PyPI or a mirror of it can be reached.",
        )


def _sums(folder: Path) -> Iterator[str]:
    """Lines for `sha256sum -c`, of every file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield f"{digest}  {path.relative_to(folder)}\n"


def _packed(folder: Path) -> bytes:
    """The same bytes for the same files: no times, users or order of this machine."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mtime = entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o755 if entry.isdir() or entry.name.endswith(".sh") else 0o644
        return entry

    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, folder.name, recursive=False, filter=plain)
        for path in sorted(folder.rglob("*")):
            archive.add(
                path, f"{folder.name}/{path.relative_to(folder)}", recursive=False, filter=plain
            )
    return gzip.compress(stream.getvalue(), 1, mtime=0)  # wheels are compressed already


if __name__ == "__main__":
    run(build_archive)
