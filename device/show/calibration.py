"""A calibration as text and as a picture: the lines, where they stand, what is left.

Next: `plot.py`, which says whether drawing is possible.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from device.show.picture import empty_figure, require_plotting, write_picture

if TYPE_CHECKING:
    from device.calibration.lamp_axis import LampAxis
    from device.calibration.laser_wavelength import LaserWavelength, StandardLine
    from device.calibration.response_fit import Response
    from firmware_bridge.calibration import CalibrationPage

_SIZE_INCHES = (9.0, 6.0)
_FITTED, _LEFT_OUT = "#0072B2", "#D55E00"


def lamp_json(found: "LampAxis") -> dict[str, Any]:
    """What a lamp's frame gave, ready for JSON."""
    return {
        "lamp": found.lamp,
        "degree": found.axis.degree,
        "rms_nm": round(found.axis.rms_nm, 5),
        "rms_cm1": round(found.rms_cm1, 4),
        "standard_error_cm1": round(found.standard_error_cm1, 4),
        "resolution_cm1": round(found.resolution_cm1, 3),
        "lines": [
            {
                "line_nm": round(line.line_nm, 4),
                "pixel": round(line.center_pixel, 3),
                "pixel_standard_error": round(line.sigma_pixel, 4),
                "residual_nm": round(line.residual_nm, 5),
                "residual_cm1": round(line.residual_cm1, 4),
                "fitted": line.fitted,
            }
            for line in found.lines
        ],
        "unnamed_pixels": [round(pixel, 2) for pixel in found.unnamed_pixels],
    }


def laser_json(found: "LaserWavelength") -> dict[str, Any]:
    """What a polystyrene frame gave, ready for JSON."""
    return {
        "excitation_nm": round(found.excitation_nm, 5),
        "standard_error_nm": round(found.standard_error_nm, 5),
        "rms_cm1": round(found.rms_cm1, 4),
        "lines": [standard_line_json(line) for line in found.lines],
    }


def standard_line_json(line: "StandardLine") -> dict[str, float]:
    """One line of a Raman standard, ready for JSON."""
    return {
        "standard_cm1": line.standard_cm1,
        "seen_cm1": round(line.seen_cm1, 3),
        "residual_cm1": round(line.residual_cm1, 3),
        "fwhm_cm1": round(line.fwhm_cm1, 2),
    }


def response_json(found: "Response") -> dict[str, Any]:
    """What a frame of a known light gave, ready for JSON."""
    return {
        "points": len(found.relative),
        "smallest": round(min(found.relative), 5),
        "standard_error": round(found.standard_error, 5),
        "misfit": round(found.misfit, 5),
        "covered_cm1": [round(one, 1) for one in found.covered_cm1],
    }


def response_text(found: "Response", page: "CalibrationPage") -> list[str]:
    """Lines of text: the response at a few shifts, then what it comes to."""
    response, axis = page.relative_response(), page.wavenumber_cm1()[page.valid_range]
    if response is None:
        return []
    at = np.linspace(axis[0], axis[-1], 6)
    seen = np.interp(at, axis, response[page.valid_range])
    return [
        "response " + ", ".join(f"{s:.0f}: {r:.3f}" for s, r in zip(at, seen, strict=True)),
        f"response: {len(found.relative)} points, known to {found.standard_error:.2%}, "
        f"{found.misfit:.2%} of it is not smooth",
    ]


def page_json(page: "CalibrationPage") -> dict[str, Any]:
    """A page's axis, laser and resolution, ready for JSON."""
    axis = page.wavenumber_cm1()
    return {
        "wavelength_coefficients_nm": list(page.wavelength_coefficients_nm),
        "excitation_nm": page.excitation_nm,
        "resolution_cm1": page.resolution_cm1,
        "response_points": len(page.response),
        "first_valid_pixel": page.first_valid_pixel,
        "last_valid_pixel": page.last_valid_pixel,
        "first_cm1": round(float(axis[page.first_valid_pixel]), 2),
        "last_cm1": round(float(axis[page.last_valid_pixel]), 2),
    }


def moved_cm1(old: "CalibrationPage", new: "CalibrationPage") -> tuple[float, float, float]:
    """By how much Raman shifts moved at the new page's first, middle and last valid pixel."""
    first, last = new.first_valid_pixel, new.last_valid_pixel
    moved = (new.wavenumber_cm1() - old.wavenumber_cm1())[[first, (first + last) // 2, last]]
    return float(moved[0]), float(moved[1]), float(moved[2])


def lamp_text(found: "LampAxis") -> list[str]:
    """Lines of text: the table, then what it comes to."""
    fitted = sum(line.fitted for line in found.lines)
    rows = [f"{'line nm':>10} {'pixel':>9} {'residual nm':>12} {'cm-1':>7}"]
    rows += [
        f"{line.line_nm:10.3f} {line.center_pixel:9.2f} {line.residual_nm:+12.4f} "
        f"{line.residual_cm1:+7.2f}{'' if line.fitted else '  left out'}"
        for line in found.lines
    ]
    rows.append(
        f"{found.lamp} lamp: {fitted} of {len(found.lines)} lines, degree {found.axis.degree}, "
        f"rms {found.axis.rms_nm:.4f} nm, {found.rms_cm1:.2f} cm-1, "
        f"axis known to {found.standard_error_cm1:.2f} cm-1; "
        f"resolution {found.resolution_cm1:.1f} cm-1"
    )
    if found.unnamed_pixels:
        named = ", ".join(f"{pixel:.1f}" for pixel in found.unnamed_pixels)
        rows.append(f"lines of no known wavelength at pixel {named}")
    return rows


def laser_text(found: "LaserWavelength") -> list[str]:
    """As `lamp_text`, for polystyrene."""
    rows = [f"{'E1840 cm-1':>10} {'seen':>9} {'residual cm-1':>14} {'width':>7}"]
    rows += [
        f"{line.standard_cm1:10.1f} {line.seen_cm1:9.2f} {line.residual_cm1:+14.2f} "
        f"{line.fwhm_cm1:7.1f}"
        for line in found.lines
    ]
    rows.append(
        f"polystyrene: laser {found.excitation_nm:.3f} nm (+-{found.standard_error_nm:.3f}), "
        f"rms {found.rms_cm1:.2f} cm-1"
    )
    return rows


def plot_lamp(found: "LampAxis", path: Path) -> None:
    """Residuals of the lines over the pixels, and the axis with them.

    Raises:
        PlotUnavailable, PlotNotWritten: as `picture.py`.
    """
    require_plotting(path)
    figure = empty_figure(*_SIZE_INCHES)
    top, bottom = figure.subplots(2, 1, sharex=True)
    pixel = np.arange(found.axis.pixel_count, dtype=np.float64)
    top.plot(pixel, found.axis.wavelength_nm(pixel), color="#8c8c8c", linewidth=1)
    for fitted, colour, name in ((True, _FITTED, "fitted"), (False, _LEFT_OUT, "left out")):
        lines = [line for line in found.lines if line.fitted is fitted]
        at = [line.center_pixel for line in lines]
        top.plot(at, [line.line_nm for line in lines], "o", color=colour, label=name, markersize=4)
        bottom.errorbar(
            at,
            [line.residual_cm1 for line in lines],
            yerr=[line.sigma_pixel * _cm1_per_pixel(found, line.center_pixel) for line in lines],
            fmt="o",
            color=colour,
            markersize=4,
        )
    top.set_ylabel("wavelength in vacuum, nm")
    top.legend()
    bottom.axhline(0.0, color="#8c8c8c", linewidth=1)
    bottom.set_ylabel("residual, cm$^{-1}$")
    bottom.set_xlabel("pixel")
    write_picture(figure, path)


def _cm1_per_pixel(found: "LampAxis", pixel: float) -> float:
    before, after = found.axis.wavelength_nm(np.array([pixel - 0.5, pixel + 0.5]))
    return float(1e7 / before - 1e7 / after)
