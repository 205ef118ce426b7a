"""One wheel for each processor of a handheld, with the compiled kernel inside; `make wheels`.

    python -m tools.build_wheels --out dist
    python -m tools.build_wheels --only aarch64

Runs in an environment of its own (`requirements/wheels.txt`), because the compiler has 440 MB.
Unlike an installation from the checkout, where numpy takes the place of a kernel that does not
compile, no wheel is made without it. On the handheld `pip install --no-deps FILE` needs no network.
Next: `cross_compiler.py`.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import click

from firmware_bridge.errors import RamixError
from tools.cross_compiler import ROOT, TARGETS, Target, compile_kernel, machine_of, recipe, zig
from tools.entry_point import run

KERNEL = "device/native/kernel.elf"
TIMEOUT_S = 600


class WheelNotMade(RamixError):
    """The build failed, or made something else than was asked for."""

    code = "wheel_not_made"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "dist",
    help="Where the wheels are put.  [default: dist]",
)
@click.option(
    "--only",
    type=click.Choice(list(TARGETS)),
    multiple=True,
    help="This processor; all three if not given.",
)
def build_wheels(out: Path, only: tuple[str, ...]) -> None:
    """Build wheels for x86-64, 64-bit ARM and 32-bit ARM on whatever machine this is."""
    for target in [TARGETS[name] for name in only or TARGETS]:
        wheel = wheel_for(target, compile_kernel(zig(target)), out)
        print(f"{wheel}  {wheel.stat().st_size / 1e6:.1f} MB")


def wheel_for(target: Target, kernel: Path, out: Path) -> Path:
    """A wheel that pip installs on such a machine alone, with this kernel.

    Raises:
        WheelNotMade: the kernel is none of that processor, or the build failed.
    """
    _expect(machine_of(kernel.read_bytes()), target)
    wheel = build_wheel(out, {recipe()["COMPILED"]: str(kernel.resolve())}, target.platform)
    _expect(machine_in(wheel), target)
    return wheel


def build_wheel(
    out: Path, variables: Mapping[str, str] | None = None, platform: str | None = None
) -> Path:
    """What `pip wheel` makes of the checkout, without a network and without a trace in it.

    An older `build` folder would bring modules that are there no more.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = f"[build]\nbuild_base = {folder}/build\n[egg_info]\negg_base = {folder}\n"
        if platform is not None:
            settings += f"[bdist_wheel]\nplat_name = {platform}\n"
        (folder / "settings.cfg").write_text(settings)
        environment = {
            **os.environ,
            **(variables or {}),
            "DIST_EXTRA_CONFIG": str(folder / "settings.cfg"),
        }
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder / "made"), str(ROOT)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        made = list((folder / "made").glob("*.whl"))
        if done.returncode != 0 or len(made) != 1:
            raise WheelNotMade(f"pip wheel failed: {' '.join(done.stderr.split()[-60:])}")
        out.mkdir(parents=True, exist_ok=True)
        wheel = out / made[0].name
        wheel.write_bytes(made[0].read_bytes())
    return wheel


def machine_in(wheel: Path) -> int | None:
    """The processor of the kernel in a wheel; None where there is none."""
    with ZipFile(wheel) as archive:
        if KERNEL not in archive.namelist():
            return None
        return machine_of(archive.read(KERNEL))


def _expect(machine: int | None, target: Target) -> None:
    if machine != target.machine:
        raise WheelNotMade(
            f"The kernel is for machine {machine}, not {target.machine} ({target.name})."
        )


if __name__ == "__main__":
    run(build_wheels)
