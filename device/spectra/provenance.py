"""How a spectrum was taken, as far as its file's header says it.

Heights of two files are comparable, and their axes the same, only where these facts agree; who
compares them is `train/library/headers.py`. Next: `spectrum.py`, which carries it.
"""

import math
from dataclasses import dataclass, fields

_LONGEST_TEXT = 64
# Beyond these a header is damaged: no Raman laser has 100 W, no detector a million pixels.
_HIGHEST = {
    "averages": 100_000,
    "laser_power_mw": 1e5,
    "laser_power_percent": 100.0,
    "excitation_nm": 1e5,
    "pixel_count": 1_000_000,
}


@dataclass(frozen=True)
class Provenance:
    """What a header says; None, empty or () where it says nothing.

    The exposure of one frame stands in `Spectrum.integration_time_ms`. Counts of several averages
    are their mean, so `averages` changes the noise and not the height.

    Raises:
        ValueError: a number that no instrument has, or text that cannot be printed in one line.
    """

    model: str = ""
    serial: str = ""
    averages: int | None = None
    laser_power_mw: float | None = None
    laser_power_percent: float | None = None  # of what this one laser gives at most
    excitation_nm: float | None = None
    wavelength_coefficients_nm: tuple[float, ...] = ()  # of pixel**k, pixel from 0
    pixel_count: int | None = None
    axis_correction_cm1: float = 0.0  # added to the shifts that the coefficients give
    # to relative Raman intensity (ASTM E2911), or the counts that the detector gave
    intensity_corrected: bool | None = None
    acquired: str = ""  # date and time as the file has them: seldom with a zone

    def __post_init__(self) -> None:
        for name in _HIGHEST:
            value = getattr(self, name)
            if value is not None and not _possible(name, value):
                raise ValueError(f"{name} is {value}, not above 0 and {_HIGHEST[name]:g} at most")
        if not all(
            map(math.isfinite, (*self.wavelength_coefficients_nm, self.axis_correction_cm1))
        ):
            raise ValueError("the calibration holds a number that is not finite")
        for text in (self.model, self.serial, self.acquired):
            if text != _one_line(text):
                raise ValueError("a model, serial number or date is too long or unprintable")

    def said(self) -> dict[str, object]:
        """What the header says and nothing else, in kinds that JSON has."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    @property
    def instrument(self) -> str:
        """Model and serial number in one line; empty when neither is known."""
        return " ".join(part for part in (self.model, self.serial) if part)


def provenance_said(
    *,
    model: str = "",
    serial: str = "",
    averages: float | None = None,
    laser_power_mw: float | None = None,
    laser_power_percent: float | None = None,
    excitation_nm: float | None = None,
    wavelength_coefficients_nm: tuple[float | None, ...] = (),
    pixel_count: float | None = None,
    axis_correction_cm1: float | None = None,
    intensity_corrected: bool | None = None,
    acquired: str = "",
) -> Provenance | None:
    """A Provenance of what a reader found; what makes no sense counts as not said.

    None when nothing is left: a header's damage is no reason to refuse the spectrum under it.
    """
    known = tuple(one for one in wavelength_coefficients_nm if one is not None)
    whole = len(known) == len(wavelength_coefficients_nm) and all(map(math.isfinite, known))
    correction = axis_correction_cm1 or 0.0
    said = Provenance(
        model=_one_line(model),
        serial=_one_line(serial),
        averages=_whole("averages", averages),
        laser_power_mw=_number("laser_power_mw", laser_power_mw),
        laser_power_percent=_number("laser_power_percent", laser_power_percent),
        excitation_nm=_number("excitation_nm", excitation_nm),
        wavelength_coefficients_nm=known if whole else (),
        pixel_count=_whole("pixel_count", pixel_count),
        axis_correction_cm1=correction if math.isfinite(correction) else 0.0,
        intensity_corrected=intensity_corrected,
        acquired=_one_line(acquired),
    )
    return None if said == Provenance() else said


def _one_line(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()[:_LONGEST_TEXT].strip()


def _possible(name: str, value: float) -> bool:
    return 0 < value <= _HIGHEST[name]


def _number(name: str, value: float | None) -> float | None:
    return value if value is not None and _possible(name, value) else None


def _whole(name: str, value: float | None) -> int | None:
    return None if (one := _number(name, value)) is None or one != int(one) else int(one)
