"""Verdicts of default options over every link, over many seeds: how many are right, how long.

`python -m tests.every_link --seeds 12` is the long run: pure liquids and mixtures of two at SNR 30
and 50, and 5% methanol in ethanol at SNR 100. "c" is the example firmware in C, which plays the
same mixtures as recordings, in real time; the simulator's exposures are shortened by `--speed` on
links of real time. Next: `c_firmware.py`.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device.cli.main import run_command
from device.installation import default_model_path
from device.ports import open_analyzer
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.simulator.scenes import ReplayScene
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import ReplayingFirmware

LINKS: Final = ("inproc", "pty", "tcp", "usb", "c")
_FILLED_COUNTS: Final = 45_000.0  # an exposure is chosen that gives this
_EXPOSURE_MS: Final = 100.0
_FRAMES: Final = 64
MODEL: Final = ("--model", str(default_model_path()))  # the C firmware keeps none

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """mix: names and shares as in `sim:mix=`; snr: of each frame; least: right ones of 20."""

    mix: str
    snr: int
    least: int = 20

    @property
    def names(self) -> set[str]:
        return {part.partition(":")[0].lower() for part in self.mix.split(",")}


SAMPLES: Final = (
    *(
        Sample(mix, snr)
        for mix in ("toluene", "ethanol", "toluene:0.5,ethanol:0.5")
        for snr in (30, 50)
    ),
    Sample("methanol:0.05,ethanol:0.95", 100, least=19),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--links", nargs="+", choices=LINKS, default=list(LINKS))
    parser.add_argument("--speed", type=float, default=20.0, help="of the simulator in real time")
    parser.add_argument("--methanol", type=int, default=20, help="seeds of 5%% methanol; 0: none")
    chosen = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAMIX_HOME"] = folder
        for link in chosen.links:
            if link == "c" and not CAN_BUILD:
                print(f"c: {WHY_NOT}")
                continue
            for sample in SAMPLES:
                seeds = chosen.methanol if sample.least < 20 else chosen.seeds
                if seeds:
                    missed += not measured(link, sample, seeds, chosen.speed, Path(folder))
    raise SystemExit(int(missed > 0))


def measured(link: str, sample: Sample, seeds: int, speed: float, folder: Path) -> bool:
    """Measure so many times, print one line; whether enough were right."""
    begun_s, verdicts = time.monotonic(), dict[str, int]()
    right = 0
    for seed in range(seeds):
        with port_of(link, sample, seed, speed, folder) as port:
            answer = identified(port)
        verdict = str(answer.get("verdict", answer.get("error")))
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        named = {one["name"].lower() for one in answer.get("components", ())}
        right += verdict == "IDENTIFIED" and named == sample.names
    each_s = (time.monotonic() - begun_s) / seeds
    print(
        f"{link:7} {sample.mix:28} SNR {sample.snr:3}  right {right}/{seeds}  {verdicts}  "
        f"{each_s:.1f} s each",
        flush=True,
    )
    return right * 20 >= sample.least * seeds


def identified(port: str) -> dict[str, Any]:
    """What `ramix identify` with default options says of the analyzer at this port."""
    with redirect_stdout(StringIO()) as stdout:
        run_command(["identify", "--port", port, "--no-store", "--json", *MODEL])
    return dict(json.loads(stdout.getvalue()))


@contextmanager
def port_of(link: str, sample: Sample, seed: int, speed: float, folder: Path) -> Iterator[str]:
    """A port with this sample under the laser."""
    if link == "c":
        with playing(sample, folder, seed) as firmware:
            yield f"tcp://127.0.0.1:{firmware.port}"
    else:
        rate = "" if link == "inproc" else f"&speed={speed:g}"
        yield f"sim:mix={sample.mix}&snr={sample.snr}&seed={seed}&link={link}{rate}"


def playing(sample: Sample, folder: Path, seed: int) -> ReplayingFirmware:
    """The C firmware with this sample: mean frames of the simulator without added noise, at an
    exposure that fills the camera, and the noise that this SNR asks for there."""
    raw, dark, page = mean_frames(sample.mix)
    highest = float((raw - dark).max())
    factor = _FILLED_COUNTS / highest
    scene = ReplayScene(
        dark + factor * (raw - dark), dark, _EXPOSURE_MS, noise_counts=_FILLED_COUNTS / sample.snr
    )
    return ReplayingFirmware(scene, page, folder, seed + 1)


@cache
def mean_frames(mix: str) -> tuple[Floats, Floats, CalibrationPage]:
    """Lit and dark counts [n] of the simulator, averaged, and its calibration page."""
    with open_analyzer(f"sim:mix={mix}&trigger_every_s=0") as analyzer:
        analyzer.set_integration_time_ms(_EXPOSURE_MS)
        lit, dark = (
            np.mean([analyzer.acquire_frame(laser_on=on).counts for _ in range(_FRAMES)], axis=0)
            for on in (True, False)
        )
        return lit, dark, analyzer.calibration()


if __name__ == "__main__":
    main()
