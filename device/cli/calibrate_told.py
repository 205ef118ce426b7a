"""What a calibration found, as `ramix calibrate` tells it.

Next: `../show/calibration.py`, its parts.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from device.calibration.round import Calibrated
    from firmware_bridge.calibration import CalibrationPage


def calibrated_json(done: "Calibrated") -> dict[str, Any]:
    """For `--json`; what was not measured is null."""
    from device.show.calibration import (
        lamp_json,
        laser_json,
        moved_cm1,
        page_json,
        response_json,
        standard_line_json,
    )

    moved = None if done.old is None else moved_cm1(done.old, done.page)
    return {
        "lamp": None if done.lamp is None else lamp_json(done.lamp),
        "polystyrene": None if done.laser is None else laser_json(done.laser),
        "calcite": None if done.calcite is None else standard_line_json(done.calcite),
        "response": None if done.response is None else response_json(done.response),
        "old_page": None if done.old is None else page_json(done.old),
        "page": page_json(done.page),
        "moved_cm1": None if moved is None else [round(by, 3) for by in moved],
        "written": done.sequence is not None,
        "sequence": done.sequence,
        "kept": None if done.kept is None else str(done.kept),
    }


def calibrated_text(done: "Calibrated") -> list[str]:
    """For people, a line each."""
    from device.show.calibration import lamp_text, laser_text, moved_cm1, response_text

    rows = [] if done.lamp is None else lamp_text(done.lamp)
    if done.laser is not None:
        rows += laser_text(done.laser)
    if done.calcite is not None:
        seen = done.calcite
        rows.append(f"calcite: {seen.standard_cm1} cm-1 is seen at {seen.seen_cm1:.2f}")
    if done.response is not None:
        rows += response_text(done.response, done.page)
    rows.append(_range_text("new page", done.page))
    if done.old is not None:
        rows.append(_range_text("old page", done.old))
        moved = ", ".join(f"{by:+.2f}" for by in moved_cm1(done.old, done.page))
        rows.append(f"shifts moved by {moved} cm-1 at the first, middle and last valid pixel")
    if done.lamp is not None and done.laser is None and done.old is not None:
        rows.append(
            "The laser's wavelength was kept, not measured: with --polystyrene it is measured as "
            "well, which a page with wavelengths in air needs."
        )
    if done.kept is not None:
        rows.append(f"The old page is kept in {done.kept}")
    if done.sequence is None:
        rows.append("Nothing was written.")
    else:
        rows.append(f"Written and read back, as page {done.sequence} of this analyzer.")
    return rows


def _range_text(name: str, page: "CalibrationPage") -> str:
    axis = page.wavenumber_cm1()
    first, last = page.first_valid_pixel, page.last_valid_pixel
    return (
        f"{name}: pixel {first} to {last}, {axis[first]:.1f} to {axis[last]:.1f} cm-1, "
        f"laser {page.excitation_nm:.3f} nm"
    )
