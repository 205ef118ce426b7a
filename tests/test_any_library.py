"""What figures say where a library is small, large, or not measured: no more than is true."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from evidence import bound
from evidence.figure import NothingToShow
from evidence.foreign_cases import parts_left_out
from evidence.ideal import IdealDetector, ideal_detector
from evidence.limits import measured_frames
from evidence.natives import native_spectra
from evidence.traces import TRACE, draw_with_traces
from evidence.under_test import UnderTest
from evidence.unequal import background_below_cm1
from tests.bundles_under_test import AROMATICS, SOLVENTS, TINY, tiny_context
from train.library.check import read_folder
from train.library.file import library_path, read_library_file


def test_a_trace_stands_beside_something_large_in_a_library_of_two() -> None:
    rng = np.random.default_rng(4)
    for _ in range(30):
        shares = draw_with_traces(rng, 2)
        assert shares.sum() == 1.0
        assert sorted(shares > TRACE[1]) == [False, True]
        assert TRACE[0] <= shares.min() <= TRACE[1]


def test_a_part_that_promises_four_to_six_others_needs_them_all() -> None:
    assert list(parts_left_out(7)) == ["alone", "50%", "20%", "20% among 4-6"]
    assert list(parts_left_out(6)) == ["alone", "50%", "20%"]
    assert list(parts_left_out(1)) == []


def test_the_ideal_detector_is_left_out_where_subsets_are_too_many() -> None:
    pures = np.random.default_rng(5).random((60, 80))
    assert ideal_detector(pures, 5, 0.05) is None
    assert isinstance(ideal_detector(pures[:13], 5, 0.05), IdealDetector)
    small = ideal_detector(pures[:2], 5, 0.05)  # fewer compounds than components
    assert small is not None and small.named(pures[1], 1e-3).tolist() == [False, True]


def test_a_slow_background_ends_where_the_difference_does() -> None:
    below = np.where(np.arange(2201) < 250, 0.03, 0.001)
    assert background_below_cm1(below) == 550.0
    assert background_below_cm1(np.full(2201, 0.001)) is None
    assert background_below_cm1(below[::-1]) is None  # not at the first end: no background


def test_a_presence_network_alone_has_no_bound(tmp_path: Path) -> None:
    first, second = SOLVENTS.paths
    result = bound.make(tiny_context(tmp_path, UnderTest((first,))))
    assert isinstance(result, NothingToShow)
    assert "how much" in result.why
    # the control
    assert not isinstance(bound.make(tiny_context(tmp_path, UnderTest((second,)))), NothingToShow)


def test_limits_take_the_frames_that_are_nearest_to_samples(tmp_path: Path) -> None:
    frames = {
        name: list(measured_frames(tiny_context(tmp_path, under_test)))
        for name, under_test in (("13", SOLVENTS), ("4", AROMATICS), ("2", TINY))
    }
    assert frames == {"13": ["FourSolvent-1", "ThreeSolvent-1"], "4": ["toluene"], "2": []}


def test_native_files_of_two_formats_are_found_by_the_librarys_name() -> None:
    """Text and CSV files of two instruments."""
    path = library_path("measured37")
    file = read_library_file(path)
    measured, _, _ = read_folder(file.compound, path.parent / file.folder)
    assert {one.path.suffix for one in measured.values()} == {".txt", ".csv"}
    provenance = {
        "recipe": {"library": "measured37"},
        "source_sha256": {name: one.sha256 for name, one in measured.items()},
    }
    manifest = replace(SOLVENTS.manifest, provenance=provenance)
    assert native_spectra(manifest).keys() == measured.keys()
    unknown = replace(manifest, provenance=provenance | {"recipe": {"library": "not-here"}})
    assert native_spectra(unknown) == {}
