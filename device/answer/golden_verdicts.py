"""Golden verdicts: spectra whose whole answers prove that a model decides right on this machine.

Golden vectors test the network alone. These go through everything that makes an answer (gate,
cosmic rays, network, library fit, thresholds, names), so a wrong threshold, name, CAS number or
reference shows before anybody relies on the model. Machines differ in the last bits: shares are
compared within the manifest's tolerance, all else exactly.
Next: `proof.py`, who asks for this and when.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from device.answer.answer import Answer
from device.inference.errors import GoldenMismatch
from device.inference.manifest import GoldenVerdict, Manifest
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Spectrum
from device.verdict.identification import Identification


def check_golden_verdicts(manifest: Manifest, identify: Callable[[Spectrum], Answer]) -> None:
    """Answer all golden spectra; raises `GoldenMismatch` on the first that is wrong."""
    for index, golden in enumerate(manifest.golden_verdicts):
        found = identify(golden_spectrum(golden.counts, manifest.grid)).identification
        wrong = difference(golden, found)
        if wrong is not None:
            raise GoldenMismatch(f"Golden spectrum {index}: {wrong}.")


def golden_spectrum(counts: npt.NDArray[np.uint16], grid: WavenumberGrid) -> Spectrum:
    """As a file would give it: without variance and raw counts."""
    return Spectrum(grid.wavenumber_cm1, counts.astype(np.float64), source="golden spectrum")


def difference(golden: GoldenVerdict, found: Identification) -> str | None:
    """What is wrong about an answer; None if it is the one that the publisher got."""
    if str(found.verdict) != golden.verdict:
        return f"the verdict must be {golden.verdict}, it is {found.verdict}"
    shares = {(one.name, one.cas): one.signal_share for one in found.components}
    expected = {(one.name, one.cas): one.signal_share for one in golden.components}
    if shares.keys() != expected.keys():
        return f"it must name {_named(expected)}, it names {_named(shares)}"
    codes = tuple(reason.code for reason in found.reasons)
    if codes != golden.reasons:
        return f"its reasons must be {_listed(golden.reasons)}, they are {_listed(codes)}"
    for key, share in expected.items():
        off = abs(shares[key] - share)
        if not off <= golden.share_tolerance:  # also refuses NaN
            return (
                f"the share of {key[0]} is off by {off:.3f}, {golden.share_tolerance:.3f} is "
                "allowed"
            )
    return None


def _named(shares: dict[tuple[str, str], float]) -> str:
    return _listed(tuple(f"{name} ({cas or 'no CAS number'})" for name, cas in sorted(shares)))


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "nothing"
