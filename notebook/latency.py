"""Median time of one inference for several int8 files on both runtimes, in a process of its own.

tflite-runtime and TensorFlow crash in one process (they share symbols), and TensorFlow's threads
would disturb the clock. Rounds are interleaved, so that a busy machine is busy for all alike.
Run as a module it reads a folder of .tflite files and prints JSON. Next: `int8_tables.py`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from device.inference.errors import RuntimeMissing
from device.inference.interpreter import RUNTIMES, Interpreter

_INPUTS = 16  # rotated: one repeated input would stay in the cache
_WARM_UP = 5

Latencies = dict[str, dict[str, float]]  # runtime, file: microseconds


def latencies_us(files: dict[str, bytes], rounds: int) -> Latencies:
    """Measure `files` by name on every runtime that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(files.values()):
            (Path(folder) / f"{number:03}.tflite").write_bytes(content)
        command = [sys.executable, "-m", __name__, folder, str(rounds)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return {runtime: dict(zip(files, times, strict=True)) for runtime, times in found.items()}


def measure(files: list[bytes], runtime: str, rounds: int) -> list[float]:
    """Median microseconds of each file; raises RuntimeMissing."""
    interpreters = [Interpreter(content, runtime) for content in files]
    rng = np.random.default_rng(0)
    inputs = rng.integers(-127, 128, (_INPUTS, interpreters[0].input_size)).astype(np.int8)
    times = np.empty((rounds + _WARM_UP, len(files)))
    for number in range(rounds + _WARM_UP):
        for column, interpreter in enumerate(interpreters):
            start = perf_counter()
            interpreter.predict(inputs[number % _INPUTS])
            times[number, column] = perf_counter() - start
    medians: list[float] = (1e6 * np.median(times[_WARM_UP:], axis=0)).tolist()
    return medians


def main() -> None:
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    files = [path.read_bytes() for path in sorted(folder.glob("*.tflite"))]
    found = {}
    for runtime in RUNTIMES:
        if runtime == "auto":
            continue
        try:
            found[runtime] = measure(files, runtime, rounds)
        except RuntimeMissing:
            continue
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
