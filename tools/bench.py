"""How fast, how small: the product beside the least that the same work could cost.

    python -m tools.bench
    python -m tools.bench --json out/bench.json --runtime tflite
    python -m tools.bench --only pipeline --rounds 2000

Medians of interleaved runs; read the ratios, for shared machines vary twofold.
Next: `bench_timing.py` for how, `bench_pipeline.py` for what.
"""

import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from device import installation
from device.inference.bundle import Bundle, read_bundle_file
from device.inference.interpreter import RUNTIMES, Interpreter
from device.inference.trust import default_trust_policy
from tools.bench_timing import Row
from tools.entry_point import run

GROUPS = ("pipeline", "stored", "library", "processes", "driver")
DATA = Path(__file__).resolve().parent.parent / "data" / "solvents13"
SPECTRUM = DATA / "mixtures" / "FourSolvent-1.txt"
LIBRARIES = ("numpy", "ai-edge-litert", "tflite-runtime", "pyusb")


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: python -m tools.bench --json out/bench.json",
)
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path),
    help="The bundle to measure; the shipped RaMixNet II for solvents if not given.",
)
@click.option("--runtime", type=click.Choice(RUNTIMES), default="auto", show_default=True)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1_000_000),
    default=500,
    show_default=True,
    help="Rounds through the pipeline; starts of processes are a twenty-fifth of it.",
)
@click.option(
    "--only", type=click.Choice(GROUPS), multiple=True, help="Measure this alone; repeatable."
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Also write the result here."
)
def bench(
    model_path: Path | None,
    runtime: str,
    rounds: int,
    only: tuple[str, ...],
    json_path: Path | None,
) -> None:
    """Measure speed and memory against the bare interpreter and a raw USB loop."""
    path = model_path or installation.default_model_path()
    bundle = read_bundle_file(path, default_trust_policy())
    runtime_name = Interpreter(bundle.model, runtime).runtime_name
    environment = describe(bundle, runtime_name)
    print("  ".join(f"{key} {value}" for key, value in environment.items()))
    measured: list[Row] = []
    for group in only or GROUPS:
        print(f"measuring {group} ...", file=sys.stderr)
        measured += measure_group(group, bundle, path, runtime_name, rounds)
    print(table(measured))
    if json_path is not None:
        result = {"environment": environment, "rows": [row.to_json() for row in measured]}
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")


def measure_group(
    group: str, bundle: Bundle, path: Path, runtime_name: str, rounds: int
) -> list[Row]:
    """Imports what it measures only now: each group stands alone."""
    if group == "pipeline":
        from tools import bench_pipeline

        acquisitions = bench_pipeline.recorded_acquisitions(DATA)
        return bench_pipeline.measure(bundle, runtime_name, acquisitions, rounds)
    if group == "stored":
        from device.answer.identifier import Identifier
        from tools import bench_stored

        return bench_stored.measure(Identifier(bundle, runtime_name), max(1, rounds // 10))
    if group == "library":
        from device.answer.identifier import Identifier
        from tools import bench_library, bench_pipeline

        acquisitions = bench_pipeline.recorded_acquisitions(DATA)
        return bench_library.measure(Identifier(bundle, runtime_name), acquisitions, rounds)
    if group == "processes":
        from tools import bench_processes

        starts = max(1, rounds // 25)
        return bench_processes.measure(bundle, path, runtime_name, SPECTRUM, starts)
    from tools import bench_driver

    return bench_driver.measure(rounds)


def describe(bundle: Bundle, runtime_name: str) -> dict[str, str]:
    """What the figures were measured on; nothing that names a person or a place."""
    described = {
        "machine": f"{platform.machine()} x{len(os.sched_getaffinity(0))}",
        "python": platform.python_version(),
        "runtime": runtime_name,
        "model": f"{bundle.manifest.name} {bundle.manifest.version}",
        "network": f"{len(bundle.model) / 1000:.1f} KB",
    }
    for library in LIBRARIES:
        try:
            described[library] = version(library)
        except PackageNotFoundError:
            continue
    return described


def table(measured: list[Row]) -> str:
    """Aligned columns, a blank line between groups."""
    lines = [f"{'':34}{'median':>10}{'p95':>10}      {'ratio':>8}  aim"]
    group = None
    for row in measured:
        if row.group != group:
            group = row.group
            lines += ["", group]
        ratio = "" if row.ratio is None else f"{row.ratio:8.2f}"
        beside = "" if row.baseline is None else f" x {row.baseline}"
        lines.append(
            f"  {row.name:32}{row.median:10.1f}{row.p95:10.1f} {row.unit:5}{ratio:>8}"
            f"  {row.aim or '':7}{beside}".rstrip()
        )
    return "\n".join(lines)


if __name__ == "__main__":
    run(bench)
