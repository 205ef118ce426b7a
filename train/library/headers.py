"""What the files' headers say of light and instrument, held against the library file.

Where the library file is silent the header's exposure and laser power are used; where the two
contradict each other the library is refused, all contradictions at once. Heights of pures are
comparable only when one instrument measured them with light that is known.
Next: `heights.py`, response factors from heights; `calibrations.py`, what headers say of axes.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from device.spectra.provenance import Provenance
from train.library.check import Measured
from train.library.file import CompoundEntry

# Relative. An exposure is set, not measured: written to three digits it is off by 0.5% at most.
# A power is measured, or a setting converted, and written to two digits: 5% at most.
_SAME_EXPOSURE = 0.005
_SAME_POWER = 0.05
_MOST_NAMES = 6


@dataclass(frozen=True)
class Lit:
    """The compounds with the light that is known of them, and what is to be told."""

    entries: tuple[CompoundEntry, ...]  # exposure and power filled in
    comparable: bool  # whether heights of the pures may be set against each other
    problems: tuple[str, ...]
    notices: tuple[str, ...]


def light_of(entries: Sequence[CompoundEntry], measured: Mapping[str, Measured]) -> Lit:
    """Exposure and power of every compound, from the library file and the files' headers."""
    problems = [
        problem
        for entry in entries
        if entry.name in measured
        for problem in _contradictions(entry, measured[entry.name])
    ]
    exposed = [
        dataclasses.replace(entry, exposure_ms=entry.exposure_ms or _exposure_ms(entry, measured))
        for entry in entries
    ]
    taken = taken_by(measured)
    instruments = _instrument_notices(taken)
    lit, power_notices = _with_power(exposed, taken)
    # settings of two instruments are no measure of each other
    notices = instruments or [*_exposure_notices(exposed), *power_notices]
    heights_wanted = all(entry.response_factor is None and not entry.lines for entry in entries)
    if notices and heights_wanted:
        notices[-1] += "; heights say nothing of responses then, response factors are left out"
    return Lit(tuple(lit), not notices, tuple(problems), tuple(notices))


def taken_by(measured: Mapping[str, Measured]) -> dict[str, Provenance]:
    """What the headers say, of the compounds whose file has one."""
    return {
        name: one.spectrum.taken for name, one in measured.items() if one.spectrum.taken is not None
    }


def some_of(names: Sequence[str]) -> str:
    """Names in one line, the first few of many."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more < 2 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"


def _exposure_ms(entry: CompoundEntry, measured: Mapping[str, Measured]) -> float | None:
    one = measured.get(entry.name)
    return None if one is None else one.spectrum.integration_time_ms


def _exposure_notices(entries: Sequence[CompoundEntry]) -> list[str]:
    missing = [entry.name for entry in entries if entry.exposure_ms is None]
    if len(missing) in (0, len(entries)) or any(entry.lines for entry in entries):
        return []
    return [f"the exposure of {some_of(missing)} is not known"]


def _contradictions(entry: CompoundEntry, measured: Measured) -> list[str]:
    taken = measured.spectrum.taken
    power_mw = None if taken is None else taken.laser_power_mw
    return [
        f"{entry.name}: {key} is {said:g} in the library file, and {header:g} {unit} in the header "
        f"of {measured.path.name}; correct it, or leave {key} out to take the header's"
        for key, said, header, unit, tolerance in (
            (
                "exposure_ms",
                entry.exposure_ms,
                measured.spectrum.integration_time_ms,
                "ms",
                _SAME_EXPOSURE,
            ),
            ("laser_power_mw", entry.laser_power_mw, power_mw, "mW", _SAME_POWER),
        )
        if said is not None and header is not None and abs(said - header) > tolerance * header
    ]


def _with_power(
    entries: list[CompoundEntry], taken: Mapping[str, Provenance]
) -> tuple[list[CompoundEntry], list[str]]:
    """Powers filled in where that makes them complete, and why heights cannot be compared."""
    known = {name: one.laser_power_mw for name, one in taken.items() if one.laser_power_mw}
    filled = [
        dataclasses.replace(entry, laser_power_mw=entry.laser_power_mw or known.get(entry.name))
        for entry in entries
    ]
    if all(entry.laser_power_mw for entry in filled):
        return filled, []
    if any(entry.laser_power_mw for entry in entries):
        return filled, []  # the library file gives some: `response_factors` refuses that
    if known:
        missing = [entry.name for entry in entries if entry.name not in known]
        return entries, [f"headers give the laser power, but not that of {some_of(missing)}"]
    settings = {
        name: one.laser_power_percent for name, one in taken.items() if one.laser_power_percent
    }
    values = sorted(set(settings.values()))
    if len(values) < 2:
        return entries, []
    shown = ", ".join(f"{value:g}%" for value in values)
    return entries, [f"pures at several laser settings ({shown}), and laser_power_mw is not given"]


def _instrument_notices(taken: Mapping[str, Provenance]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for name, one in taken.items():
        if one.instrument:
            groups.setdefault(one.instrument, []).append(name)
    first = {instrument: taken[names[0]] for instrument, names in groups.items()}
    if not any(_differ(one, other) for one, other in combinations(first.values(), 2)):
        return []
    shown = "; ".join(
        f"{len(names)} of {instrument} ({some_of(names)})" for instrument, names in groups.items()
    )
    number = "two" if len(groups) == 2 else str(len(groups))
    return [f"pures of {number} instruments: {shown}"]


def _differ(one: Provenance, other: Provenance) -> bool:
    """A model or serial number that only one of them states is no difference."""
    return any(
        a and b and a.casefold() != b.casefold()
        for a, b in ((one.model, other.model), (one.serial, other.serial))
    )
