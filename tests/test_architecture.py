"""The house keeps its shape: import contracts, lean imports, files that fit in the head.

Each guard is shown to fail: a violation of every contract is planted in a copy of the tree.
"""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("firmware_bridge", "device", "train", "evidence", "notebook", "tools")
LINE_LIMIT = 250
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"

# One violation of each contract: the module it is planted in and the line.
VIOLATIONS = {
    "layers": ("firmware_bridge/framing.py", "import device.spectra.spectrum"),
    "no-tensorflow": ("tools/flash_model.py", "import tensorflow"),
    "search-alone": ("train/network/fit.py", "import ray"),
    "lean-device": ("device/spectra/spectrum.py", "import scipy"),
    "sans-io": ("firmware_bridge/session.py", "import time"),
    "simulator-io": ("firmware_bridge/simulator/firmware.py", "import socket"),
    "vendor-seam": ("device/driver/analyzer.py", "import serial"),
    "way-of-the-data": ("device/spectra/quality.py", "import device.fit.library"),
    "truth-afterwards": ("device/ports.py", "import device.simulated.truth"),
    "way-of-the-training": ("train/library/file.py", "import train.network.fit"),
    "no-circles": ("device/fit/nonnegative.py", "import device.fit.search"),
}


def run_lint_imports(tree: Path) -> str:
    finished = subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--config", "setup.cfg"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return f"exit {finished.returncode}\n{finished.stdout}{finished.stderr}"


def contract_names() -> dict[str, str]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): settings[section]["name"]
        for section in settings.sections()
        if section.startswith(prefix)
    }


@pytest.fixture(scope="module")
def report_on_planted_violations(tmp_path_factory: pytest.TempPathFactory) -> str:
    tree = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "setup.cfg", tree)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("*.pyc"))
    for path, line in VIOLATIONS.values():
        with (tree / path).open("a") as file:
            file.write(f"\n{line}\n")
    return run_lint_imports(tree)


def test_import_contracts_hold() -> None:
    report = run_lint_imports(ROOT)
    assert report.startswith("exit 0\n"), report
    assert report.count(" KEPT") == len(contract_names())


@pytest.mark.parametrize("contract", contract_names())
def test_a_planted_violation_breaks_its_contract(
    contract: str, report_on_planted_violations: str
) -> None:
    assert f"{contract_names()[contract]} BROKEN" in report_on_planted_violations


# Runs before the import under test; whatever asks for a blocked package gets what a handheld
# without it would give.
BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"tensorflow", "keras", "scipy", "pandas"}:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)
sys.meta_path.insert(0, Block())
"""


def run_python(program: str, *arguments: str, timeout_s: float = 120) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_everything_on_the_handheld_imports_without_tensorflow_and_scipy() -> None:
    program = (
        BLOCK
        + """
import importlib, pkgutil
for package in ("firmware_bridge", "device", "tools"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        print(importlib.import_module(module.name).__name__)
"""
    )
    imported = run_python(program).split()
    assert "device.answer.identifier" in imported
    assert "device.driver.transports.usb_bulk" in imported


def test_the_block_blocks() -> None:
    program = BLOCK + "import tensorflow"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert finished.returncode != 0
    assert "(blocked)" in finished.stderr


# Prints the top-level packages that are loaded once the command has run.
RUN_COMMAND = """
import sys
from device.cli.main import run_command
code = run_command(sys.argv[1:])
packages = {name.partition(".")[0] for name in sys.modules}
print("exit", code, "packages", *sorted(packages))
"""
FRAME = "data/solvents13/mixtures/FourSolvent-1.txt"


def packages_loaded_by(*arguments: str) -> set[str]:
    last_line = run_python(RUN_COMMAND, *arguments).splitlines()[-1]
    assert last_line.startswith("exit 0 packages "), last_line
    return set(last_line.split()[3:])


@pytest.mark.parametrize("source", [("--file", FRAME), ("--port", f"sim:replay={FRAME}")])
def test_identify_loads_no_tensorflow_no_scipy_and_no_matplotlib(source: tuple[str, str]) -> None:
    loaded = packages_loaded_by("identify", *source, "--json")
    assert not loaded & {"tensorflow", "keras", "scipy", "pandas", "matplotlib", "usb", "serial"}
    assert "numpy" in loaded


def test_identify_loads_matplotlib_for_a_plot(tmp_path: Path) -> None:
    picture = tmp_path / "answer.png"
    loaded = packages_loaded_by("identify", "--file", FRAME, "--json", "--plot", str(picture))
    assert "matplotlib" in loaded
    assert not loaded & {"tensorflow", "scipy", "pandas"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def product_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def too_long(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if len(path.read_text().splitlines()) > LINE_LIMIT]


def test_every_file_fits_in_the_head() -> None:
    kernel = [*(ROOT / "device" / "native").glob("*.[ch]")]
    assert kernel
    assert not too_long([*product_files(), *kernel])


def test_a_file_of_one_line_more_is_too_long(tmp_path: Path) -> None:
    short, long = tmp_path / "short.py", tmp_path / "long.py"
    short.write_text("x = 1\n" * LINE_LIMIT)
    long.write_text("x = 1\n" * (LINE_LIMIT + 1))
    assert too_long([short, long]) == ["long.py"]


def test_importing_a_package_imports_nothing_else() -> None:
    heavy = [
        str(path.relative_to(ROOT))
        for path in product_files()
        if path.name == "__init__.py" and re.search(r"^\s*(import|from)\s", path.read_text(), re.M)
    ]
    assert not heavy


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "util.py", "common.py", "helpers.py", "misc.py"}
    assert not [path for path in product_files() if path.name in drawers]
