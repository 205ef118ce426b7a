"""The calibration page: bytes and back, every kind of damage, pages that cannot be, the axis."""

import json
import math
import struct
import warnings
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.calibration import PAGE_HEADER_SIZE, CalibrationError, CalibrationPage
from firmware_bridge.errors import CalibrationMismatch, ProtocolError

VECTORS = Path(__file__).parent / "vectors"
PAGE = CalibrationPage(
    (792.5, 0.0905, 1.5e-6, -1.25e-9), 785.0, 24, 2023, 2048, (0, 513, 1999), 12.0, "SIM-0001"
)


@st.composite
def pages(draw: st.DrawFn) -> CalibrationPage:
    """Legal pages: coefficients that rise by construction, any detector size."""
    pixel_count = draw(st.integers(2, 4096))
    first = draw(st.integers(0, pixel_count - 2))
    higher = draw(st.lists(st.floats(0.0, 1e-7), max_size=3))
    return CalibrationPage(
        (draw(st.floats(500, 1100)), draw(st.floats(0.01, 0.5)), *higher),
        excitation_nm=draw(st.floats(200, 2000)),
        first_valid_pixel=first,
        last_valid_pixel=draw(st.integers(first + 1, pixel_count - 1)),
        pixel_count=pixel_count,
        dead_pixels=tuple(sorted(draw(st.sets(st.integers(0, pixel_count - 1), max_size=8)))),
        resolution_cm1=draw(st.floats(0.1, 50)),
        serial=draw(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=32)),
        response=draw(
            st.one_of(
                st.just(()),
                st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=40).map(tuple),
            )
        ),
    )


@given(page=pages())
def test_a_page_survives_the_round_trip_byte_for_byte(page: CalibrationPage) -> None:
    data = page.to_bytes()
    parsed = CalibrationPage.from_bytes(data)
    assert parsed == page
    assert parsed.to_bytes() == data


@given(page=pages(), position=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_damaged_byte_is_always_noticed(
    page: CalibrationPage, position: float, flip: int
) -> None:
    data = bytearray(page.to_bytes())
    data[int(position * len(data))] ^= flip
    with pytest.raises(CalibrationError):
        CalibrationPage.from_bytes(bytes(data))


def test_every_truncated_or_extended_page_is_refused() -> None:
    data = PAGE.to_bytes()
    for size in range(len(data)):
        with pytest.raises(CalibrationError):
            CalibrationPage.from_bytes(data[:size])
    with pytest.raises(CalibrationError):
        CalibrationPage.from_bytes(data + b"\0")


def resealed(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data))


@given(inner=st.binary(max_size=200))
def test_random_bytes_under_a_good_crc_never_raise_anything_else(inner: bytes) -> None:
    start = PAGE.to_bytes()[:6]
    for data in (inner, resealed(inner), resealed(start + inner), resealed(start + bytes(200))):
        with pytest.raises(CalibrationError):
            CalibrationPage.from_bytes(data)


def test_a_response_is_straight_between_its_points_and_held_outside() -> None:
    page = replace(PAGE, first_valid_pixel=0, last_valid_pixel=2000, response=(0.5, 1.0, 0.25))
    response = page.relative_response()
    assert response is not None and len(response) == 2048
    assert response[[0, 500, 1000, 2000, 2047]].tolist() == [0.5, 0.75, 1.0, 0.25, 0.25]
    assert PAGE.relative_response() is None
    assert PAGE.to_bytes()[4] == 1 and page.to_bytes()[4] == 2


def test_every_truncated_page_with_a_response_is_refused_also_under_a_good_crc() -> None:
    covered = replace(PAGE, response=(0.5, 1.0, 0.25)).to_bytes()[:-4]
    CalibrationPage.from_bytes(resealed(covered))
    for size in range(len(covered)):
        with pytest.raises(CalibrationError):
            CalibrationPage.from_bytes(resealed(covered[:size]))
    for more in (b"\0", bytes(8)):
        with pytest.raises(CalibrationError):
            CalibrationPage.from_bytes(resealed(covered + more))


def test_an_erased_page_says_that_there_is_none() -> None:
    with pytest.raises(CalibrationError, match="no calibration page"):
        CalibrationPage.from_bytes(b"\xff" * 256)


def edited(offset: int, new: bytes) -> bytes:
    """The page with some bytes changed and a CRC that fits."""
    data = bytearray(PAGE.to_bytes()[:-4])
    data[offset : offset + len(new)] = new
    return resealed(bytes(data))


@pytest.mark.parametrize(
    ("offset", "new", "said"),
    [
        (4, b"\x03\x00", "version 3"),
        (4, b"\x02\x00", "dead pixels"),
        (28 + 9, b"x", "zero-padded"),
        (28, b"\xff", "UTF-8"),
        (60, b"\x07", "coefficients"),
        (60, b"\x03", "not zero"),
        (60, b"\x01", "not zero"),
        (109, b"\x04\x00", "dead pixels"),
        (12, struct.pack("<d", math.nan), "not finite"),
        (111, struct.pack("<H", 2048), "on the detector"),
    ],
)
def test_an_intact_page_with_illegal_contents_is_refused(
    offset: int, new: bytes, said: str
) -> None:
    with pytest.raises(CalibrationError, match=said):
        CalibrationPage.from_bytes(edited(offset, new))


def test_the_edited_page_passes_when_the_edit_is_legal() -> None:
    """Negative control for the offsets above."""
    assert CalibrationPage.from_bytes(edited(28 + 8, b"x")).serial == "SIM-0001x"
    assert CalibrationPage.from_bytes(edited(12, struct.pack("<d", 532.0))).excitation_nm == 532.0
    assert CalibrationPage.from_bytes(edited(111, struct.pack("<H", 1))).dead_pixels[0] == 1
    assert PAGE_HEADER_SIZE == 111


@pytest.mark.parametrize(
    "changes",
    [
        {"wavelength_coefficients_nm": (800.0,)},
        {"wavelength_coefficients_nm": (800.0, *(1e-9,) * 6)},
        {"wavelength_coefficients_nm": (800.0, 0.0)},
        {"wavelength_coefficients_nm": (800.0, -0.1)},
        {"wavelength_coefficients_nm": (-800.0, 0.1)},
        {"wavelength_coefficients_nm": (800.0, 0.1, -5e-5)},
        {"wavelength_coefficients_nm": (800.0, math.inf)},
        {"wavelength_coefficients_nm": (800.0, 1e300, 1e300, 1e300)},
        {"excitation_nm": 0.0},
        {"excitation_nm": math.nan},
        {"resolution_cm1": 0.0},
        {"first_valid_pixel": -1},
        {"first_valid_pixel": 2023},
        {"last_valid_pixel": 2048},
        {"pixel_count": 0x1_0000},
        {"dead_pixels": (5, 4)},
        {"dead_pixels": (4, 4)},
        {"dead_pixels": (-1,)},
        {"dead_pixels": (2048,)},
        {"response": (1.0,)},
        {"response": (0.5,) * 256},
        {"response": (0.5, 0.0)},
        {"response": (0.5, 1.01)},
        {"response": (0.5, math.nan)},
        {"serial": "x" * 33},
        {"serial": "a\0"},
    ],
)
def test_a_page_that_contradicts_itself_cannot_be_made(changes: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CalibrationError) as caught:
            replace(PAGE, **changes)
    assert caught.value.code == "calibration"
    assert isinstance(caught.value, ProtocolError)


def test_an_axis_may_turn_back_outside_the_valid_range() -> None:
    turning = (800.0, 0.1, -5e-5)  # rises up to pixel 1000
    page = replace(
        PAGE, wavelength_coefficients_nm=turning, first_valid_pixel=0, last_valid_pixel=999
    )
    assert page.valid_range == slice(0, 1000)
    with pytest.raises(CalibrationError, match="rise"):
        replace(page, last_valid_pixel=1001)


def test_the_axis_follows_the_polynomial_and_the_excitation_line() -> None:
    page = replace(PAGE, wavelength_coefficients_nm=(785.0, 0.1, 1e-5), first_valid_pixel=0)
    pixel = np.arange(2048)
    assert np.allclose(page.wavelength_nm(), 785.0 + 0.1 * pixel + 1e-5 * pixel**2, rtol=1e-14)
    shift = page.wavenumber_cm1()
    assert shift[0] == 0.0
    assert np.all(np.diff(shift) > 0)
    # Cyclohexane's 801.3 cm-1 line (ASTM E1840) lies at 837.69 nm under 785 nm.
    assert pytest.approx(801.3, abs=0.05) == 1e7 / 785.0 - 1e7 / 837.6945
    assert np.interp(837.6945, page.wavelength_nm(), shift) == pytest.approx(801.3, abs=0.05)


def test_a_pixel_without_a_wavelength_has_no_raman_shift() -> None:
    page = CalibrationPage((-10.0, 10.0), 785.0, 50, 99, 100)
    shift = page.wavenumber_cm1()
    assert np.isnan(shift[:2]).all()
    assert np.isfinite(shift[2:]).all()


def test_dead_pixels_become_a_mask() -> None:
    assert np.flatnonzero(PAGE.dead_mask()).tolist() == [0, 513, 1999]
    assert not replace(PAGE, dead_pixels=()).dead_mask().any()


def test_a_frame_of_another_length_contradicts_the_page() -> None:
    PAGE.check_frame(2048)
    with pytest.raises(CalibrationMismatch, match=r"2048 pixels.*1024"):
        PAGE.check_frame(1024)


def test_stored_pages_are_read_and_written_as_stored() -> None:
    for case in json.loads((VECTORS / "calibration.json").read_text())["pages"]:
        page = CalibrationPage.from_bytes(bytes.fromhex(case["page"]))
        stored = case["fields"]
        assert page == CalibrationPage(
            tuple(stored.pop("wavelength_coefficients_nm")),
            dead_pixels=tuple(stored.pop("dead_pixels")),
            response=tuple(stored.pop("response")),
            **stored,
        )
        assert page.to_bytes().hex() == case["page"]
        assert page.wavelength_nm()[case["pixels"]] == pytest.approx(case["wavelength_nm"])
        assert page.wavenumber_cm1()[case["pixels"]] == pytest.approx(case["wavenumber_cm1"])
