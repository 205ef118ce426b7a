"""Reasons that stand on the card beside the verdict, each with something to do about it.

Next: `identification.py`, which picks them; `device/spectra/quality.py` for those of the gate.
"""

from collections.abc import Sequence

import numpy as np

from device.fit.first_look import EXPLAINED
from device.fit.flexible import EVIDENCE_FROM_SHARE
from device.fit.library import Library, LibraryFit
from device.inference.manifest import Compound
from device.spectra.daylight import DAYLIGHT_IN_THE_DARK
from device.spectra.quality import only_cosmic_rays
from device.spectra.reason import Reason, whole_percent
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import GridSpectrum
from device.spectra.stray_light import DARK_FRAME
from device.verdict.twins import Twins

# Part of all amplitude that the dark frame or a lamp has, from which it is told.
_LIGHT_TOLD = 0.02
_LIGHT_DOUBTED = 0.1  # of a lamp's: from here on nothing is IDENTIFIED
_PART_TOLD = 0.25  # ... and the part of the dark frame's light: by chance a fit finds up to 0.2
_SIGNS_TOLD = 3
_MOST_FRAMES = 1000  # more is no measurement


def why_not_interpretable(
    spectrum: GridSpectrum, library: Library, fit: LibraryFit
) -> Reason | None:
    """A fault of the measurement that would explain why nothing fits; looked for before UNKNOWN."""
    if fit.spike_part > EXPLAINED:
        return only_cosmic_rays()
    # with another axis liquids outside the library reach 0.82 by chance
    shift, explained = library.far_shift(spectrum)
    if explained > EXPLAINED:
        return Reason(
            "axis_out_of_calibration",
            f"The spectrum would fit the library with its axis moved by {shift:+.0f} cm-1.",
            "Calibrate the wavenumber axis, then measure again.",
        )
    return None


def unexplained_signal(unexplained: float, fit: LibraryFit, grid: WavenumberGrid) -> Reason:
    # the sum over a line's derivative is highest at its centre
    where = (grid.wavenumber_cm1 + fit.axis_error_cm1)[int(np.argmax(np.cumsum(fit.foreign)))]
    text = f"A line near {where:.0f} cm-1, weak but not noise, fits no compound of the library."
    if unexplained > EVIDENCE_FROM_SHARE:  # less is told as 0%
        text = f"{unexplained:.0%} of the signal is not from the named compounds; what fits none of"
        text += f" the library is strongest near {where:.0f} cm-1."
    return Reason(
        "unexplained_signal",
        text,
        "Treat the sample as holding something unknown beside the named components.",
    )


def light_in_the_dark(spectrum: GridSpectrum, fit: LibraryFit) -> Reason | None:
    """What the dark frame left is large beside the signal; the fit has taken it out."""
    found = zip(spectrum.nuisances, fit.nuisance_parts, fit.nuisance_amplitudes, strict=False)
    for one, part, amplitude in found:
        least = {DARK_FRAME: _PART_TOLD, DAYLIGHT_IN_THE_DARK: 0.0}.get(one.name, np.inf)
        if abs(part) >= least and amplitude >= _LIGHT_TOLD:
            return Reason(
                "light_in_the_dark",
                "The dark frame does not fit the measurement: light in it leaves "
                f"{amplitude:.0%} of all amplitude, which the fit has taken out.",
                "Cover the probe and measure the dark frame again.",
            )
    return None


def light_of_a_lamp(spectrum: GridSpectrum, fit: LibraryFit) -> tuple[Reason | None, bool]:
    """Of a lamp in the room, if it is large enough to be told; and whether it leaves a doubt: its
    lines are as high as another lamp's, and what the fit leaves of them may look like a trace."""
    found = [
        (amplitude, one.name)
        for one, amplitude in zip(spectrum.nuisances, fit.nuisance_amplitudes, strict=False)
        if one.sought and one.name != DAYLIGHT_IN_THE_DARK
    ]
    amplitude, name = max(found, default=(0.0, ""))
    if amplitude < _LIGHT_TOLD:
        return None, False
    reason = Reason(
        "light_of_a_lamp",
        f"Light ({name}) shone into the probe: its lines have {amplitude:.0%} of all amplitude; "
        "the fit has taken them out as far as it knows them.",
        "Cover the probe and measure again.",
    )
    return reason, bool(amplitude >= _LIGHT_DOUBTED)


def not_in_library() -> Reason:
    return Reason(
        "not_in_library",
        "No compound of the library explains this spectrum.",
        "Treat the sample as unknown; try a model with another library.",
    )


def signs_of(shares: Sequence[tuple[str, float]]) -> Reason:
    """Compounds whose lines are there beside so much else that none is certain; largest first."""
    told = ", ".join(f"{one} (at most {whole_percent(part)})" for one, part in shares[:_SIGNS_TOLD])
    return Reason(
        "signs_of",
        f"Something outside the library, with signs of {told}: too little to be sure.",
        "Treat the sample as unknown; try a model with another library.",
    )


def one_or_the_other(pair: Twins, compounds: Sequence[Compound], share: float) -> Reason:
    names = compounds[pair.chosen].name, compounds[pair.other].name
    text = f"{whole_percent(share)} of the signal is {' or '.join(names)}: this spectrum cannot"
    remedy = "Measure longer or sharper, or treat the sample as holding either."
    return Reason("a_or_b", f"{text} tell which.", remedy, names, share)


def too_noisy(enough: float, frames: int) -> Reason:
    """`enough`: frames after which the likeliest compound would be named."""
    if enough > _MOST_FRAMES:
        remedy = "Bring the sample into focus, or raise the laser power or the integration time."
    else:
        remedy = f"Measure longer: {max(int(np.ceil(enough)), frames + 1)} frames would do."
    return Reason(
        "too_noisy", "The noise leaves no compound certain, and nothing else is seen.", remedy
    )


def not_network_validated(names: Sequence[str]) -> Reason:
    return Reason(
        "not_network_validated",
        f"Measured in the field and not network-validated: {', '.join(names)}. "
        "The library fit alone found it.",
        "Confirm it by another method before acting on it.",
    )
