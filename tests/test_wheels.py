"""A wheel holds the kernel of its processor and no file beside the product's; none is made without.

Kernels for other processors are compiled where ziglang is installed (`make wheels`).
"""

import base64
import csv
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from device.installation import shipped_data_dir
from device.simulated.light import WALL_FILES
from device.simulated.scene_list import demo_list
from tools import build_wheels as tool
from tools.build_wheels import KERNEL, WheelNotMade, build_wheel, machine_in, wheel_for
from tools.cross_compiler import (
    ROOT,
    TARGETS,
    KernelNotMade,
    compile_kernel,
    has_zig,
    machine_of,
    recipe,
    zig,
)

local_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
cross_compiler = pytest.mark.skipif(
    not has_zig(), reason="ziglang is not installed: run `make wheels` once"
)
PACKAGES = {"device", "firmware_bridge", "tools", "train"}


def unlisted(folder: Path) -> set[str]:
    """C files and headers that setup.py does not name, and named ones that are not there."""
    listed = {Path(name).name for name in [*recipe()["SOURCES"], *recipe()["HEADERS"]]}
    return listed.symmetric_difference(path.name for path in folder.glob("*.[ch]"))


def wrong_in_record(wheel: Path) -> list[str]:
    """Files whose hash in RECORD is not theirs, that it does not list, or that are not there."""
    with ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
        rows = csv.reader(archive.read(record).decode().splitlines())
        recorded = {name: digest for name, digest, _ in rows if name != record}
        found = {}
        for name in archive.namelist():
            digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest())
            found[name] = f"sha256={digest.decode().rstrip('=')}"
    del found[record]
    return sorted(
        name for name in found.keys() | recorded.keys() if found.get(name) != recorded.get(name)
    )


def with_another_kernel(wheel: Path, beside: Path) -> Path:
    """A copy with one more byte at the kernel's end."""
    changed = beside / wheel.name
    with ZipFile(wheel) as old, ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b"\0" if name == KERNEL else b""))
    return changed


@pytest.fixture(scope="module")
def local_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `pip wheel .` makes it, with the compiler of this machine."""
    return build_wheel(tmp_path_factory.mktemp("local"))


def test_a_platform_is_named_as_pip_names_it() -> None:
    assert [target.platform for target in TARGETS.values()] == [
        "manylinux_2_28_x86_64",
        "manylinux_2_28_aarch64",
        "manylinux_2_31_armv7l",
    ]


def test_the_processor_is_read_from_the_header() -> None:
    header = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x03\0" + b"\x28\0"
    assert machine_of(header) == TARGETS["armv7l"].machine
    assert machine_of(header[:-1]) is None
    assert machine_of(b"MZ" + header) is None
    assert machine_of(b"") is None


def test_setup_lists_every_c_file_and_header(tmp_path: Path) -> None:
    folder = ROOT / "device" / "native"
    assert unlisted(folder) == set()
    for path in folder.glob("*.[ch]"):
        (tmp_path / path.name).touch()
    (tmp_path / "planted.c").touch()
    (tmp_path / "solve.h").unlink()
    assert unlisted(tmp_path) == {"planted.c", "solve.h"}


def test_no_flag_changes_arithmetic_of_the_process() -> None:
    assert not {"-ffast-math", "-Ofast"} & {*recipe()["COMPILE_FLAGS"], *recipe()["LINK_FLAGS"]}


@local_compiler
def test_a_kernel_is_compiled_once_for_the_same_sources(tmp_path: Path) -> None:
    source, header = tmp_path / "one.c", tmp_path / "one.h"
    header.write_text("#define ONE 1\n")
    source.write_text('#include "one.h"\nint one(void) { return ONE; }\n')
    first = compile_kernel(["cc"], [source], tmp_path / "kept")
    made_ns = first.stat().st_mtime_ns
    again = compile_kernel(["cc"], [source], tmp_path / "kept")
    assert (again, again.stat().st_mtime_ns) == (first, made_ns)
    header.write_text("#define ONE 2\n")
    assert compile_kernel(["cc"], [source], tmp_path / "kept") != first
    assert compile_kernel(["cc", "-O0"], [source], tmp_path / "kept") != first


@local_compiler
def test_code_that_does_not_compile_makes_no_kernel(tmp_path: Path) -> None:
    source = tmp_path / "one.c"
    source.write_text("int one(void) { return undeclared; }\n")
    with pytest.raises(KernelNotMade, match="undeclared"):
        compile_kernel(["cc"], [source], tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_without_a_kernel_there_is_no_wheel(tmp_path: Path) -> None:
    """Unlike an installation, in which numpy takes its place."""
    variables = {recipe()["COMPILED"]: str(tmp_path / "missing.elf")}
    with pytest.raises(WheelNotMade, match="missing.elf"):
        build_wheel(tmp_path, variables)
    assert list(tmp_path.glob("*.whl")) == []


def test_the_command_fails_where_the_code_does_not_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(compiler: list[str]) -> Path:
        raise KernelNotMade("The kernel does not compile.")

    monkeypatch.setattr(tool, "zig", lambda target: ["zig", target.name])
    monkeypatch.setattr(tool, "compile_kernel", failing)
    result = CliRunner().invoke(tool.build_wheels, ["--out", str(tmp_path / "dist")])
    assert isinstance(result.exception, KernelNotMade)
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("name", TARGETS)
def test_a_kernel_of_another_processor_is_refused(name: str, tmp_path: Path) -> None:
    other = tmp_path / "kernel.elf"
    other.write_bytes(b"\x7fELF" + bytes(14) + (8).to_bytes(2, "little"))  # MIPS
    with pytest.raises(WheelNotMade, match=f"machine 8, not {TARGETS[name].machine}"):
        wheel_for(TARGETS[name], other, tmp_path)
    assert list(tmp_path.glob("*.whl")) == []


@local_compiler
def test_a_wheel_holds_the_kernel_and_the_packages_of_the_product_alone(local_wheel: Path) -> None:
    assert machine_in(local_wheel) == TARGETS[platform.machine()].machine
    with ZipFile(local_wheel) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith((".elf", ".so"))] == [KERNEL]
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("ramix_edge-")} == PACKAGES


@local_compiler
def test_a_wheel_holds_what_simulated_samples_replay_with_its_licences(local_wheel: Path) -> None:
    with ZipFile(local_wheel) as archive:
        names = archive.namelist()
    kept = {name.partition("/share/ramix-edge/data/")[2] for name in names}
    replays = [scene.sample.replay for scene in demo_list()]
    replayed = {str(path.relative_to(shipped_data_dir())) for path in replays if path is not None}
    walls = {f"wasatch785/{name}" for name in WALL_FILES.values()}
    licences = {"solvents13/LICENCE", "wasatch785/LICENSE"}
    assert len(replayed) == 3 and replayed | walls | licences <= kept
    assert "device/simulated/demo.toml" in names


@local_compiler
def test_the_record_of_a_wheel_is_that_of_its_files(local_wheel: Path, tmp_path: Path) -> None:
    assert wrong_in_record(local_wheel) == []
    assert wrong_in_record(with_another_kernel(local_wheel, tmp_path)) == [KERNEL]


@local_compiler
def test_an_installed_wheel_runs_its_own_kernel(local_wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(local_wheel)], check=True, timeout=120)
    asked = "from device.native import library; print(library.backend(), library.__file__)"
    environment = {key: value for key, value in os.environ.items() if key != "RAMIX_KERNEL"}
    answers = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", asked],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(target)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        answers.append(done.stdout.split())
        (target / KERNEL).unlink(missing_ok=True)
    installed = str(target / "device" / "native" / "library.py")
    assert answers == [["native", installed], ["numpy", installed]]  # the control: without it


@cross_compiler
@pytest.mark.parametrize("name", TARGETS)
def test_a_wheel_for_another_processor_holds_its_kernel(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    wheel = wheel_for(target, compile_kernel(zig(target)), tmp_path)
    assert wheel.name.endswith(f"-cp311-abi3-{target.platform}.whl")
    assert machine_in(wheel) == target.machine
    assert wrong_in_record(wheel) == []
    with ZipFile(wheel) as archive:
        (described,) = (one for one in archive.namelist() if one.endswith("/WHEEL"))
        assert f"Tag: cp311-abi3-{target.platform}\n" in archive.read(described).decode()
