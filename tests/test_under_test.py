"""Bundles under test: labels, what may stand together, and where their pures come from."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evidence.pures import AXIS_CM1, Pures
from evidence.under_test import BundlesDiffer, FiguresNeedModels, OtherRange, UnderTest
from tests.bundles_under_test import AROMATICS, SOLVENTS, TINY
from tests.tiny_bundles import (
    FIXTURES,
    signed_unchecked,
    tiny_parts,
    tiny_path,
    tiny_variant,
    with_digests,
)
from train.library.measured import DATA, IN_LIBRARY, PUBLISHED, measured_spectra
from train.recipe import RecipeError

LINES_CM1 = {"fixture A": (620.0, 1000.0, 1600.0), "fixture B": (780.0, 1210.0, 1450.0)}


def native(folder: Path, name: str) -> str:
    """A measured file of the compound as CSV, with a baseline; its SHA-256."""
    axis = np.arange(150.0, 2800.0, 1.5)
    counts = 500.0 + 0.1 * axis + np.random.default_rng(1).normal(0.0, 1.0, len(axis))
    for rank, line in enumerate(LINES_CM1[name]):
        counts += 900.0 * (1.0 - 0.2 * rank) / (1.0 + ((axis - line) / 6.0) ** 2)
    rows = "\n".join(f"{x:.1f},{y:.2f}" for x, y in zip(axis, counts, strict=True))
    path = folder / f"{name}.csv"
    path.write_text(f"wavenumber,intensity\n{rows}\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def own_library(tmp_path: Path) -> Path:
    """A chemist's TOML file beside two spectra."""
    entries = "".join(f'[[compound]]\nname = "{name}"\n' for name in LINES_CM1)
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\nresolution_cm1 = 12.0\ndata_license = "CC0-1.0"\n{entries}')
    return path


def bundle_with(folder: Path, **sources: str) -> Path:
    named = {name.replace("_", " "): sha256 for name, sha256 in sources.items()}
    path = folder / "mine-2.ramix"
    path.write_bytes(tiny_variant(name="mine-2", provenance={"source_sha256": named}))
    return path


def tiny_with_other_references() -> bytes:
    manifest, references = tiny_parts(2)
    mirrored = references[:, ::-1].copy()
    return signed_unchecked(with_digests(manifest, mirrored), mirrored)


def test_networks_are_labelled_by_kind_and_by_name_where_that_is_not_enough() -> None:
    folder = SOLVENTS.paths[0].parent
    two, tiny, one = (folder / f"solvents13-{name}.ramix" for name in ("2", "tiny-2", "1"))
    assert list(UnderTest((two, one)).identifiers) == ["I", "II"]
    assert list(UnderTest((tiny, two)).identifiers) == [
        "II (solvents13-2)",
        "II (solvents13-tiny-2)",
    ]


def test_what_cannot_stand_in_one_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundlesDiffer, match="same name"):
        _ = UnderTest((tiny_path(2), tiny_path(2))).identifiers
    other = tmp_path / "other.ramix"
    other.write_bytes(tiny_with_other_references())
    with pytest.raises(BundlesDiffer, match="same references"):
        _ = UnderTest((tiny_path(1), other)).identifiers
    with pytest.raises(BundlesDiffer, match="same compounds"):
        _ = UnderTest((tiny_path(1), AROMATICS.paths[0])).identifiers
    # the control
    assert list(UnderTest((tiny_path(2), tiny_path(1))).identifiers) == ["I", "II"]


def test_missing_bundles_are_named(tmp_path: Path) -> None:
    with pytest.raises(FiguresNeedModels, match=r"gone\.ramix"):
        _ = UnderTest((tiny_path(2), tmp_path / "gone.ramix")).identifiers
    with pytest.raises(FiguresNeedModels):
        _ = UnderTest(()).identifiers


def test_pures_are_read_apart_from_native_files_of_any_format(
    tmp_path: Path, own_library: Path
) -> None:
    sha256 = {name.replace(" ", "_"): native(tmp_path, name) for name in LINES_CM1}
    mine = UnderTest((bundle_with(tmp_path, **sha256),), own_library)
    assert mine.pures.apart
    assert mine.pures.fwhm_cm1 == 12.0
    for row, lines in zip(mine.pures.spectra, LINES_CM1.values(), strict=True):
        assert abs(float(AXIS_CM1[row.argmax()]) - lines[0]) < 1.5
        assert row.max() == 1.0
    assert not np.allclose(mine.pures.inside, mine.references.inside, atol=1e-3)


def test_a_file_of_other_bytes_is_not_the_native_one(tmp_path: Path, own_library: Path) -> None:
    own = {"fixture_A": native(tmp_path, "fixture A")}
    native(tmp_path, "fixture B")
    mine = UnderTest((bundle_with(tmp_path, **own, fixture_B="0" * 64),), own_library)
    assert mine.pures.from_references == ("fixture B",)
    assert np.array_equal(mine.pures.inside[1], mine.references.inside[1])
    assert not np.array_equal(mine.pures.inside[0], mine.references.inside[0])
    stranger = UnderTest((bundle_with(tmp_path, fixture_A="1" * 64),), own_library)
    with pytest.raises(RecipeError, match="none of its spectra"):
        _ = stranger.pures


def test_without_native_files_scenes_are_the_references_and_say_so() -> None:
    def all_from_references(pures: Pures) -> bool:
        return pures.from_references == pures.names

    assert all_from_references(TINY.pures) and all_from_references(AROMATICS.pures)
    assert SOLVENTS.pures.apart  # the control


def test_measured_mixtures_with_a_compound_outside_the_library_are_left_out() -> None:
    assert {one.name for one in SOLVENTS.development} == {
        one.name for one in measured_spectra(SOLVENTS.manifest)
    }
    groups = {one.group for one in AROMATICS.development}
    assert PUBLISHED not in groups
    liquids = [one for one in AROMATICS.development if one.group == IN_LIBRARY]
    assert [(one.name, one.expected) for one in liquids] == [("toluene", frozenset({"toluene"}))]
    assert any(one.others and one.expected for one in measured_spectra(AROMATICS.manifest))


def test_a_spectrum_behind_a_reference_is_no_other_measurement() -> None:
    sha256 = hashlib.sha256((DATA / "wasatch785" / "toluene.csv").read_bytes()).hexdigest()
    manifest = replace(AROMATICS.manifest, provenance={"source_sha256": {"toluene": sha256}})
    named = {one.name for one in measured_spectra(manifest)}
    assert named == {one.name for one in measured_spectra(AROMATICS.manifest)} - {"toluene"}


def test_a_bundle_of_another_range_is_refused_by_name() -> None:
    with pytest.raises(OtherRange, match="tiny-narrow is for 400 to 1800 cm-1"):
        _ = UnderTest((FIXTURES / "tiny-narrow.ramix",)).identifiers
