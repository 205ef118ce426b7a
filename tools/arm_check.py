"""What one whole verdict costs on 64-bit ARM, in instructions, and that it is the same verdict.

    python -m tools.arm_check
    python -m tools.arm_check --json out/arm.json --budget-millions 25
    python -m tools.arm_check --kernel none --spectra 54

The analyzer's own program runs on an emulated ARM and its instructions are counted exactly; an
emulator knows no caches and no pipeline, so this is no time. The same program runs here with the
same network runtime, and every decision must be the same. Next: `arm_userland.py` for the emulated
machine, `cross_compiler.py` for the kernel, `arm_verdicts.py` for what runs on it.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from device import installation
from device.cli.checked_value import Checked
from device.native.library import NONE, VARIABLE
from tools.arm_report import (
    MILLION,
    ArmCheckFailed,
    Run,
    budget_line,
    count,
    differences,
    over_budget,
    parse_intervals,
    parse_run,
    table,
    to_json,
)
from tools.arm_userland import (
    CPU,
    NUMPYS,
    arm_compiler,
    make_userland,
    run_emulated,
    run_here,
)
from tools.arm_verdicts import INVOKES
from tools.cross_compiler import ROOT, compile_kernel, version_of
from tools.entry_point import run

EXIT_DIFFERENT = 8
EXIT_OVER_BUDGET = 9
NATIVE = "native"
# Millions, for the median of IDENTIFIED: 22 with the kernel by clang, 32 by GCC 12, 62 without.
BUDGET, BUDGET_OF_NUMPY = 33.0, 65.0
PROGRAM = ("-m", "tools.arm_verdicts")
DATA = ROOT / "data"
# Both kinds from the start: quick and slow ones of each, two instruments, one refused by the gate.
FIRST = (
    "solvents13/mixtures/FourSolvent-1.txt",
    "wasatch785/acetone.csv",
    "solvents13/mixtures/ThreeSolvent-1.txt",
    "wasatch785/Silicon.csv",
    "solvents13/components/n-Heptane.txt",
    "wasatch785/Icaridin.csv",
    "solvents13/components/Dichloromethane.txt",
    "wasatch785/toluene.csv",
    "charisma785/nCAL02_iRPlus785_Z020_100_1100ms.txt",
)
SOURCES = ("solvents13/components/*.txt", "wasatch785/*.csv", "charisma785/*.txt")


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 same decisions, within the budget; 1 something is missing or failed; "
    "8 decisions differ; 9 over the budget. Needs on Debian 12: qemu-user, mmdebstrap, gcc, and "
    "for the kernel what `make wheels` installs, or gcc-aarch64-linux-gnu.",
)
@click.option(
    "--userland",
    type=click.Path(path_type=Path),
    default=ROOT / "out" / "arm",
    help="Where the emulated machine is kept, made if it is not there.  [default: out/arm]",
)
@click.option(
    "--spectra",
    type=click.IntRange(1, 10_000),
    default=len(FIRST),
    show_default=True,
    help="How many measured files; all of them if there are fewer.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 10_000),
    default=2,
    show_default=True,
    help="Counted verdicts on each, after one that is not counted.",
)
@click.option(
    "--numpy",
    type=click.Choice(NUMPYS),
    default="lock",
    show_default=True,
    help="That of the lock file, or Debian's; both with OpenBLAS on one thread.",
)
@click.option(
    "--kernel",
    default=NATIVE,
    show_default=True,
    help=f"`{NATIVE}`: that of this checkout, compiled for ARM; `{NONE}`: numpy alone; or the path "
    "of a library for ARM, of a C file, or of a folder of them.",
)
@click.option(
    "--budget-millions",
    type=click.FloatRange(0.0, 1e6),
    callback=Checked(None),
    help="Fail when the median of the IDENTIFIED spectra needs more.  "
    f"[default: {BUDGET:g}; {BUDGET_OF_NUMPY:g} with `--kernel {NONE}`]",
)
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path),
    help="The bundle to run; the shipped RaMixNet II for solvents if not given.",
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Also write the result here."
)
def arm_check(
    userland: Path,
    spectra: int,
    rounds: int,
    numpy: str,
    kernel: str,
    budget_millions: float | None,
    model_path: Path | None,
    json_path: Path | None,
) -> None:
    """Count the instructions of one verdict on an emulated 64-bit ARM; compare the decisions."""
    if find_spec("tflite_runtime") is None:
        raise ArmCheckFailed(
            "tflite-runtime is not installed here, so there is nothing to compare with.",
            remedy="Run `make lint` once: it installs the development environment.",
        )
    make_userland(userland)
    kernel_value, compiler = kernel_for(kernel, userland)
    if budget_millions is None:
        budget_millions = BUDGET_OF_NUMPY if kernel == NONE else BUDGET
    model = (model_path or installation.default_model_path()).resolve()
    files = [str(path) for path in chosen_spectra(DATA, spectra)]

    here = parse_run(run_here([*PROGRAM, str(model), "0", *files]))
    arguments = [*PROGRAM, str(model), str(rounds), *files]
    printed, log = run_emulated(userland, arguments, numpy, {VARIABLE: kernel_value})
    there = parse_run(printed)
    expect_backend(there, kernel)
    *intervals, bare_interval = parse_intervals(log, len(files) + 1)
    counted = count(there, intervals, rounds)
    bare_millions = bare_interval / INVOKES / MILLION
    found = differences(here.decisions, there.decisions)

    environment = {
        **there.environment,
        "emulated": CPU,
        "model": model.name,
        "kernel": kernel,
        "compiler": compiler,
        "backend here": here.environment.get("backend", "unknown"),
    }
    print("  ".join(f"{key} {value}" for key, value in environment.items()))
    print(table(counted, bare_millions, found))
    if json_path is not None:
        result = to_json(environment, counted, bare_millions, found, budget_millions)
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    if found:
        sys.exit(EXIT_DIFFERENT)
    print(budget_line(counted, budget_millions))
    if over_budget(counted, budget_millions):
        sys.exit(EXIT_OVER_BUDGET)


def chosen_spectra(data: Path, count: int) -> list[Path]:
    """The first `count` of `FIRST` and, behind them, every other measured file."""
    first = [data / name for name in FIRST]
    others = [path for source in SOURCES for path in sorted(data.glob(source))]
    return [*first, *(path for path in others if path not in first)][:count]


def kernel_for(kernel: str, userland: Path) -> tuple[str, str]:
    """The variable's value, and the compiler, on which the count depends, where one is used."""
    kept = userland.resolve() / "kernels"
    if kernel == NONE:
        return kernel, NONE
    if kernel == NATIVE:
        compiler = arm_compiler()
        return str(compile_kernel(compiler, folder=kept)), version_of(compiler)
    path = Path(kernel).resolve()
    sources = sorted(path.glob("*.c")) if path.is_dir() else [path]
    if not sources or not path.exists():
        raise ArmCheckFailed(
            f"There is no kernel {path}.",
            remedy=f"Give `{NATIVE}`, `{NONE}`, a file, or a folder of C files.",
        )
    if sources[0].suffix != ".c":
        return str(path), NONE
    compiler = arm_compiler()
    return str(compile_kernel(compiler, sources, kept)), version_of(compiler)


def expect_backend(there: Run, kernel: str) -> None:
    """Raises `ArmCheckFailed` where numpy took the place of the kernel that was asked for."""
    wanted, ran = ("numpy" if kernel == NONE else NATIVE), there.environment.get("backend")
    if ran != wanted:
        raise ArmCheckFailed(
            f"--kernel {kernel} was asked for, and on ARM {ran} ran.",
            remedy="`device/native/library.py` says why a kernel is not used.",
        )


if __name__ == "__main__":
    run(arm_check)
