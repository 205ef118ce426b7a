"""A sample behind walls: how much light each container adds, and where its lines stand.

Blank and sample were measured one after the other, and their axes may differ by part of a cm-1;
beside a strong wall that leaves a misfit as large as a sample. So each blank is fitted with the
slope of its lines, moved by what that says, and fitted again. A wall only adds light: one whose
part would be negative is left out.
Next: `identifier.py`, which asks; `device/spectra/container.py`, what is fitted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from device.fit.library import Library, LibraryFit
from device.spectra.container import SHIFT_LIMIT_CM1, Container
from device.spectra.spectrum import GridSpectrum, Nuisance, Spectrum


@dataclass(frozen=True)
class ContainerFound:
    """What was found of one container in one spectrum."""

    source: str  # the blank's file name
    sha256: str  # of that file; empty where there is none
    part: float | None = None  # multiple of the blank; None: it was not fitted
    amplitude: float | None = None  # 0-1 of its own and all references' together
    shift_cm1: float | None = None  # sample's axis minus blank's; None: nothing of it is seen
    # as it was measured: a record keeps it, so that the sample can be answered again
    blank: Spectrum | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Through:
    """A spectrum with the light of its containers as nuisances, behind those it had."""

    spectrum: GridSpectrum
    fit: LibraryFit | None  # None: no container took part
    found: tuple[ContainerFound, ...]  # one for each container


@dataclass(frozen=True, eq=False)
class _Wall:
    container: Container
    number: int  # among all containers
    part: float = 0.0
    shift_cm1: float = 0.0


def measured_through(spectrum: GridSpectrum, containers: Sequence[Container]) -> GridSpectrum:
    """Valid only where the blanks were measured, too."""
    fitted = [one for one in containers if not one.is_sample]
    if not fitted:
        return spectrum
    valid = spectrum.valid.copy()
    for one in fitted:
        valid &= one.gridded.valid
    return replace(spectrum, valid=valid)


def through(
    library: Library,
    spectrum: GridSpectrum,
    containers: Sequence[Container],
    as_taken: Callable[[GridSpectrum], GridSpectrum],
) -> Through:
    """The spectrum `as_taken` says, with its containers fitted."""
    walls = [_Wall(one, n) for n, one in enumerate(containers) if not one.is_sample]
    fitted = {wall.number for wall in walls}
    if not walls:
        return Through(as_taken(spectrum), None, _told(containers, fitted, [], None))
    before = spectrum.nuisances
    lights = (wall.container.light(spectrum) for wall in walls)
    taken = as_taken(replace(spectrum, nuisances=(*before, *lights)))
    # without the walls again: they are added as each round finds them
    taken = replace(taken, nuisances=taken.nuisances[: len(before)])
    walls = [replace(wall, container=wall.container.seen_as(taken)) for wall in walls]
    for step in _STEPS:
        walls = step(library, taken, walls)
    result, fit = taken, None
    while walls:
        result = _with(taken, walls)
        fit = library.fit(result)
        parts = fit.nuisance_parts[len(taken.nuisances) :]
        if all(part >= 0.0 for part in parts):
            break
        walls = [wall for wall, part in zip(walls, parts, strict=True) if part >= 0.0]
        result, fit = taken, None
    return Through(result, fit, _told(containers, fitted, walls, fit))


def unfitted(containers: Sequence[Container]) -> tuple[ContainerFound, ...]:
    """Of a measurement that must not be interpreted."""
    return _told(containers, set(), [], None)


def _parts_found(library: Library, taken: GridSpectrum, walls: Sequence[_Wall]) -> list[_Wall]:
    """Those with a part above 0, and how large it is wherever their lines stand."""
    return [
        replace(wall, part=part) for wall, part, _ in _with_slopes_fitted(library, taken, walls)
    ]


def _shifts_found(library: Library, taken: GridSpectrum, walls: Sequence[_Wall]) -> list[_Wall]:
    """The same, each moved as the slope's part says."""
    result = []
    for wall, part, slope in _with_slopes_fitted(library, taken, walls):
        shift = min(max(wall.shift_cm1 - slope / part, -SHIFT_LIMIT_CM1), SHIFT_LIMIT_CM1)
        result.append(replace(wall, part=part, shift_cm1=shift))
    return result


# The prior of a shift needs the part. A second look is needed where a wall is many times as
# strong as the sample: the first shift is right to a tenth of itself.
_STEPS = (_parts_found, _shifts_found, _shifts_found)


def _with_slopes_fitted(
    library: Library, taken: GridSpectrum, walls: Sequence[_Wall]
) -> list[tuple[_Wall, float, float]]:
    """Each wall with its own part and its slope's, where its own is above 0."""
    if not walls:
        return []
    fit = library.fit(_with(taken, walls, slopes=True))
    parts = fit.nuisance_parts[len(taken.nuisances) :].tolist()
    found = zip(walls, parts[::2], parts[1::2], strict=False)
    return [(wall, part, slope) for wall, part, slope in found if part > 0.0]


def _with(taken: GridSpectrum, walls: Sequence[_Wall], slopes: bool = False) -> GridSpectrum:
    """With the light of each wall, or light and slope by turns, and the blanks' noise."""
    rows: list[Nuisance] = []
    result = taken
    for wall in walls:
        light = wall.container.light(taken, wall.shift_cm1)
        rows.append(light)
        if slopes:
            rows.append(wall.container.slope(light, wall.part or light.sigma))
        result = wall.container.with_noise(result, wall.part)
    return replace(result, nuisances=(*taken.nuisances, *rows))


def _told(
    containers: Sequence[Container],
    fitted: set[int],
    walls: Sequence[_Wall],
    fit: LibraryFit | None,
) -> tuple[ContainerFound, ...]:
    seen = {wall.number: (n - len(walls), wall.shift_cm1) for n, wall in enumerate(walls)}
    told = []
    for number, one in enumerate(containers):
        found = ContainerFound(one.source, one.sha256, blank=one.blank)
        if number in fitted:
            found = replace(found, part=0.0, amplitude=0.0)
        if number in seen and fit is not None and len(fit.nuisance_parts):
            row, shift = seen[number]
            part, amplitude = fit.nuisance_parts[row], fit.nuisance_amplitudes[row]
            if part > 0.0:
                found = replace(
                    found, part=float(part), amplitude=float(amplitude), shift_cm1=shift
                )
        told.append(found)
    return tuple(told)
