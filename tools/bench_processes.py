"""Cold start and peak memory of `ramix identify`, beside the least that any script could do.

The least: import numpy and the runtime, load the same network, invoke it once. Both run in the
same environment, in turn. Next: `bench_driver.py`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from device.inference.bundle import Bundle
from firmware_bridge.errors import RamixError
from tools.bench_timing import Aim, Row, rows

IDENTIFY = "ramix identify"
BARE = "bare script"
MEBIBYTE_PER_KIBIBYTE = 1 / 1024
# The verdict does not matter here: identified, partial, unknown and no result all did the work.
ANSWERED = (0, 9, 10, 11)

BARE_SCRIPT = """\
import sys
import numpy as np
from {module} import Interpreter
interpreter = Interpreter(model_content=open(sys.argv[1], "rb").read(), num_threads=1)
interpreter.allocate_tensors()
entry = interpreter.get_input_details()[0]
interpreter.set_tensor(entry["index"], np.ones(entry["shape"], np.int8))
interpreter.invoke()
print([interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()])
"""
MODULES = {"litert": "ai_edge_litert.interpreter", "tflite": "tflite_runtime.interpreter"}


class BenchFailed(RamixError):
    """A command that was to be measured did not do its work."""

    code = "bench_failed"


def measure(
    bundle: Bundle, bundle_path: Path, runtime_name: str, spectrum: Path, rounds: int
) -> list[Row]:
    """Rows of the groups "cold start" and "memory".

    Raises:
        BenchFailed: one of the commands failed; its own words are on stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        model, script = Path(folder, "model.tflite"), Path(folder, "bare.py")
        model.write_bytes(bundle.model)
        script.write_text(BARE_SCRIPT.format(module=MODULES[runtime_name]))
        commands = {
            BARE: [sys.executable, str(script), str(model)],
            IDENTIFY: [
                *ramix_command(),
                *("identify", "--file", str(spectrum), "--json"),
                *("--model", str(bundle_path), "--runtime", runtime_name),
            ],
        }
        samples = launch(commands, rounds)
    wall_s = {name: [one[0] for one in values] for name, values in samples.items()}
    peak_kib = {name: [one[1] for one in values] for name, values in samples.items()}
    aims = {IDENTIFY: Aim(BARE, "<= 1.4")}
    return rows("cold start", wall_s, unit="ms", scale=1e3, aims=aims) + rows(
        "memory", peak_kib, unit="MiB", scale=MEBIBYTE_PER_KIBIBYTE, aims=aims
    )


def launch(commands: dict[str, list[str]], rounds: int) -> dict[str, list[tuple[float, int]]]:
    """Wall seconds and peak KiB of every run, through `bench_launcher.py`."""
    request = {"commands": commands, "rounds": rounds, "exit_codes": ANSWERED}
    finished = subprocess.run(
        [sys.executable, "-S", "-E", str(Path(__file__).with_name("bench_launcher.py"))],
        input=json.dumps(request),
        capture_output=True,
        text=True,
    )
    if finished.returncode != 0:
        words = finished.stderr.strip().splitlines() or ["no word why"]
        raise BenchFailed(f"The measurement stopped: {words[-1]}.", remedy="\n".join(words[:-1]))
    samples: dict[str, list[tuple[float, int]]] = json.loads(finished.stdout)
    return samples


def ramix_command() -> list[str]:
    """The installed command, as an operator starts it; else the module behind it."""
    script = Path(sys.executable).with_name("ramix")
    return [str(script)] if script.exists() else [sys.executable, "-m", "device.cli.main"]
