"""How noisy a measurement may be: verdicts over the port, at SNR 15-100 with one to five frames.

Scenes lie under the simulated analyzer and come through protocol, driver and calibration with no
option but the number of frames; nothing tells the driver which camera it reads. Beside the verdicts
stands the noise that is claimed against the one that is there. Next: `frames.py`, the measurement.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.verdict.identification import Verdict
from evidence.figure import Context, Result
from evidence.frames import measure, measure_again
from evidence.pures import AXIS_CM1, Pures
from evidence.scenes import draw_shares
from evidence.tallies import percent
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from train.network.evaluate import Proportion
from train.pages.table import Table

Floats = npt.NDArray[np.float64]

SNRS, FRAMES = (15.0, 30.0, 50.0, 100.0), (1, 2, 3, 5)
COMPONENTS, SMALLEST_SHARE = (1, 2), 0.3  # nothing weak: noise alone is asked about
CAMERA_NOISE_COUNTS = (3.0, 12.0, 40.0)
_REPEATED = 12  # acquisitions of one scene, whose spread is the noise that is there
_STREAM = 14


@dataclass(frozen=True)
class Asked:
    verdict: str
    exact: bool
    false_name: bool


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    count = context.count(tiny=1, full=25)
    frames = FRAMES if context.size.value == "full" else FRAMES[:1]
    of_all = len(SNRS) * len(frames) * count + len(CAMERA_NOISE_COUNTS) * len(frames)
    done = iter(range(1, of_all + 1))

    def step() -> None:
        context.progress(next(done), of_all)

    rows, data = [], {}
    for snr in SNRS:
        for number in frames:
            rng = np.random.default_rng([context.seed, _STREAM, int(snr), number])
            found = _asked(rng, identifiers, pures, snr, number, count, step)
            for label, answers in found.items():
                rows.append((f"{snr:g}", str(number), label, *_row(answers)))
                data[f"{label}, SNR {snr:g}, frames {number}"] = [vars(one) for one in answers]
    claimed = tuple(
        (f"{noise:g}", str(number), *_claimed(context.seed, pures, noise, number, step))
        for noise in CAMERA_NOISE_COUNTS
        for number in frames
    )
    return Result((_verdicts(rows, count), _noise(claimed)), data={"answers": data})


def _asked(
    rng: np.random.Generator,
    identifiers: dict[str, Identifier],
    pures: Pures,
    snr: float,
    frames: int,
    count: int,
    step: Callable[[], None],
) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {label: [] for label in identifiers}
    for _ in range(count):
        shares = draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE)
        scene = _scene(pures, shares, snr)
        spectrum = measure(scene, int(rng.integers(2**31)), frames=frames)
        present = {name for name, share in zip(pures.names, shares, strict=True) if share > 0}
        for label, identifier in identifiers.items():
            answer = identifier.identify(spectrum).identification
            named = {component.name for component in answer.components}
            said = Asked(str(answer.verdict), named == present, bool(named - present))
            found[label].append(said)
        step()
    return found


def _scene(pures: Pures, shares: Floats, snr: float | None) -> SpectrumScene:
    light = shares @ pures.spectra
    return SpectrumScene(
        mixture(AXIS_CM1, [(1.0 / float(light.max()), light)]),
        resolution_cm1=pures.fwhm_cm1,
        snr=snr,
    )


def _row(answers: list[Asked]) -> tuple[str, ...]:
    n = len(answers)
    foreign = sum(one.verdict == Verdict.PARTIAL for one in answers)
    return (
        percent(Proportion(sum(one.verdict == Verdict.IDENTIFIED for one in answers), n)),
        percent(Proportion(sum(one.exact for one in answers), n)),
        percent(Proportion(foreign, n)),
        percent(Proportion(sum(one.false_name for one in answers), n)),
    )


def _claimed(
    seed: int, pures: Pures, noise_counts: float, frames: int, step: Callable[[], None]
) -> tuple[str, str]:
    """Noise that is there in the quieter half of the pixels, and what is claimed against it."""
    table = DetectorModel()
    camera = DetectorModel(read_noise_e=noise_counts * table.gain_e_per_count)
    shares = np.zeros(len(pures.names))
    shares[:2] = 0.5
    scene = _scene(pures, shares / shares.sum(), None)
    spectra = measure_again(scene, seed, _REPEATED, frames, camera)
    intensity = np.stack([one.intensity for one in spectra])
    middle = np.median(intensity, axis=0)
    quiet = middle <= np.median(middle)
    # the median of squares of normal deviations from a mean is 0.455 (n - 1) / n of the variance
    squares = np.square(intensity - intensity.mean(axis=0))[:, quiet]
    there = np.sqrt(float(np.median(squares)) / 0.4549 * _REPEATED / (_REPEATED - 1))
    claims = [one.variance for one in spectra if one.variance is not None]
    said = float(np.sqrt(np.median(np.stack(claims)[:, quiet])))
    step()
    return f"{there:.1f}", f"{said / there:.2f}"


def _verdicts(rows: list[tuple[str, ...]], count: int) -> Table:
    return Table(
        "Pure liquids and mixtures of two over the port, by noise",
        ("SNR", "frames", "network", "IDENTIFIED", "exactly right", "PARTIAL", "false name"),
        tuple(rows),
        (
            f"{count} scenes each, parts of 30% and more, 100 ms a frame: the analyzer's own "
            "setting. SNR of one frame: highest Raman peak over the noise added to each pixel, "
            "beside that of the camera. In brackets: 95% Wilson interval and n.",
        ),
    )


def _noise(rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table(
        "Noise claimed against noise that is there",
        ("camera noise / counts", "frames", "there / counts", "claimed / there"),
        rows,
        (
            "Standard deviations of lit less dark counts in the quieter half of the pixels; there: "
            f"from {_REPEATED} acquisitions of one scene. The driver is not told the camera's.",
        ),
    )
