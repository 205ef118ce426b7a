"""How often a clipped two-column file is found, and how often one that is not: printed tables.

python -m tests.measure_flat_tops [FOLDER_OF_MORE_NATIVE_FILES ...]
"""

import sys
from collections import defaultdict
from pathlib import Path

from device.spectra.files.reading import SpectrumFileError, read_spectrum
from device.spectra.flat_top import has_flat_top
from device.spectra.resampling import MODEL_GRID
from tests.clipped import AXES, DATA, clipped_files, native_files, smooth_spectra

TIMES = (1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
BELOW = (0.5, 0.9, 0.98)
CLASSES = (1, 2, 3, 4, 5, 8)  # neighbouring clipped pixels: from this number up to the next


def found_rates(paths: list[Path], level_counts: float, spread_counts: float) -> None:
    tally: dict[tuple[str, int], list[bool]] = defaultdict(list)
    files = clipped_files(
        paths, TIMES, level_counts=level_counts, level_spread_counts=spread_counts
    )
    for file in files:
        size = max((size for size in CLASSES if size <= file.clipped_pixels), default=0)
        tally[file.axis, size].append(has_flat_top(file.spectrum, MODEL_GRID))
    print(f"clipped at {level_counts:g} +- {spread_counts:g} counts: found of files, by the number")
    print("of neighbouring clipped pixels")
    for axis in AXES:
        shown = [f"{s}+: {sum(tally[axis, s])}/{len(tally[axis, s])}" for s in CLASSES]
        print(f"  {axis:<8}", "  ".join(shown))


def false_alarms(paths: list[Path], folders: list[Path]) -> None:
    below = [
        has_flat_top(file.spectrum, MODEL_GRID)
        for file in clipped_files(paths, BELOW, noise_counts=(0.0, 3.0, 10.0, 40.0, 200.0, 1000.0))
    ]
    print(f"just below clipping: {sum(below)} of {len(below)}")
    for lines in (1, 2):
        alarms = [has_flat_top(s, MODEL_GRID) for s in smooth_spectra(2500, lines)]
        print(f"random tops of {lines} lines: {sum(alarms)} of {len(alarms)}")
    measured = []
    for folder in folders:
        for path in sorted(folder.rglob("*.*")):
            try:
                measured.append(has_flat_top(read_spectrum(path), MODEL_GRID))
            except SpectrumFileError:
                continue
    print(f"measured files as they are: {sum(measured)} of {len(measured)}")


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:]]
    more = [path for folder in folders for path in sorted(folder.glob("*.txt"))]
    natives = native_files() + [path for path in more if path.stat().st_size > 50_000]
    for level_counts, spread_counts in ((65_535.0, 0.0), (64_000.0, 8.0)):
        found_rates(natives, level_counts, spread_counts)
    false_alarms(natives, [DATA, *folders])


if __name__ == "__main__":
    main()
