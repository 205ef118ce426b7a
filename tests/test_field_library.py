"""Compounds measured in the field: kept whole, refused when damaged, answered with when added."""

import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.field_library import store as field_library
from device.field_library.compound import (
    FieldCompound,
    UnusableReference,
    clash,
    decode,
    encode,
    field_compound,
    look_alikes,
)
from device.field_library.store import FieldLibrary, FieldLibraryError, file_name
from device.inference.bundle import Bundle, read_bundle
from device.inference.trust import default_trust_policy
from device.installation import shipped_models_dir
from device.records.store import RecordStore
from device.show.card import card
from device.spectra.files.reading import read_spectrum
from device.spectra.spectrum import Spectrum
from device.strict_json import StrictJsonError
from device.verdict.identification import Verdict
from tests.measured import OTHER_INSTRUMENT, references, solvents
from tests.measured import names as solvent_names

ROOT = Path(__file__).resolve().parent.parent
WASATCH = ROOT / "data" / "wasatch785"
SOLVENTS = ROOT / "data" / "solvents13"


def lines_spectrum(seed: int = 1) -> Spectrum:
    """A small invented spectrum: fast to make entries of."""
    rng = np.random.default_rng(seed)
    axis = np.arange(300.0, 2501.0, 2.0)
    centers = rng.uniform(400.0, 2300.0, (6, 1))
    lines = np.exp(-(((axis - centers) / 6.0) ** 2)).sum(axis=0)
    return Spectrum(axis, 1e4 * lines + rng.normal(0.0, 20.0, len(axis)) + 500.0, source="x.csv")


@cache
def measured_once() -> FieldCompound:
    return field_compound(
        lines_spectrum(), name="acetone", hazard="H225", added_utc="2026-11-22T10:00:00+00:00"
    )


def entry(
    name: str = "acetone", cas: str = "", synonyms: tuple[str, ...] = (), hazard: str = "H225"
) -> FieldCompound:
    """One measurement under any name, without making its reference each time."""
    base = measured_once()
    compound = replace(base.compound, name=name, cas=cas, synonyms=synonyms, hazard=hazard)
    return decode(encode(replace(base, compound=compound)))


@pytest.fixture(scope="module")
def stored() -> bytes:
    return encode(entry())


@pytest.fixture
def kept(tmp_path: Path) -> FieldLibrary:
    return FieldLibrary(tmp_path / "data" / "library")


# ---- the entry ----

LABELS = st.text(
    st.characters(exclude_categories=("C", "Z"), max_codepoint=0x2FFF), min_size=1, max_size=30
).map(lambda text: unicodedata.normalize("NFC", text))


@given(name=LABELS, hazard=st.text(st.characters(exclude_categories=("C", "Z")), max_size=40))
def test_parse_then_build_gives_the_same_bytes(name: str, hazard: str) -> None:
    made = entry(name, hazard=hazard)
    data = encode(made)
    again = decode(data)
    assert encode(again) == data
    assert again.compound == made.compound
    assert again.sha256 == made.sha256
    np.testing.assert_array_equal(again.reference, made.reference)
    np.testing.assert_array_equal(again.intensity, lines_spectrum().intensity)


@given(where=st.floats(0.0, 1.0, exclude_max=True), flip=st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(stored: bytes, where: float, flip: int) -> None:
    damaged = bytearray(stored)
    damaged[int(where * len(damaged))] ^= flip
    with pytest.raises(StrictJsonError):
        decode(bytes(damaged))


@given(length=st.floats(0.0, 1.0, exclude_max=True))
def test_no_cut_off_entry_is_read(stored: bytes, length: float) -> None:
    with pytest.raises(StrictJsonError):
        decode(stored[: int(length * len(stored))])


@given(data=st.binary(max_size=200))
def test_nonsense_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(StrictJsonError):
        decode(data)


@pytest.mark.parametrize(
    ("name", "cas", "synonyms", "complaint"),
    [
        ("", "", (), "empty"),
        ("a\x1b[2Jb", "", (), "unprintable"),
        ("x" * 81, "", (), "longer than 80"),
        ("acetone", "67-64-2", (), "check digit"),
        ("acetone", "", ("Acetone",), "twice"),
        ("acetone", "", ("",), "empty"),
        ("acetone", "", tuple(f"name {index}" for index in range(21)), "20 synonyms"),
    ],
)
def test_a_name_no_reader_would_accept_is_refused(
    name: str, cas: str, synonyms: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(UnusableReference, match=complaint):
        field_compound(lines_spectrum(), name=name, cas=cas, synonyms=synonyms)


def test_a_spectrum_that_must_not_be_identified_is_no_reference() -> None:
    flat = Spectrum(np.arange(300.0, 2501.0), np.full(2201, 100.0))
    with pytest.raises(UnusableReference):
        field_compound(flat, name="nothing")
    short = lines_spectrum()
    short = Spectrum(short.wavenumber_cm1[:400], short.intensity[:400])
    with pytest.raises(UnusableReference, match="covers"):
        field_compound(short, name="half")


def test_the_reference_is_made_like_the_trained_ones() -> None:
    """The shipped library's own file gives the shipped reference."""
    path = ROOT / "data" / "solvents13" / "components" / "Toluene.txt"
    made = field_compound(read_spectrum(path), name="toluene again")
    trained = references()[solvent_names().index("Toluene")]
    # the trained one's baseline was found with 40 cm-1 more on both sides
    assert np.abs(made.reference - trained)[100:-100].max() < 0.01


# ---- names ----


def test_a_name_is_taken_in_any_case_by_name_synonym_or_cas() -> None:
    there = [one.compound for one in (entry("Acetone", "67-64-1", ("propanone",)),)]
    assert clash(entry("ACETONE").compound, there)
    assert clash(entry("Propanone").compound, there)
    assert clash(entry("other", synonyms=("acetone",)).compound, there)
    assert clash(entry("other", "67-64-1").compound, there)
    assert clash(entry("other").compound, there) is None


def test_names_of_the_model_are_taken(kept: FieldLibrary) -> None:
    for name in ("toluene", "METHYLBENZENE"):
        with pytest.raises(FieldLibraryError, match="Toluene"):
            kept.add(entry(name), solvents().manifest.compounds)
    assert not kept.load()


def test_a_look_alike_is_named_and_another_liquid_is_not() -> None:
    toluene = field_compound(read_spectrum(WASATCH / "toluene.csv"), name="thinner")
    acetone = field_compound(read_spectrum(WASATCH / "acetone.csv"), name="acetone")
    assert look_alikes(toluene.reference, references(), solvent_names()) == ("Toluene",)
    assert look_alikes(acetone.reference, references(), solvent_names()) == ()


# ---- the folder ----


def test_nothing_is_created_before_something_is_added(kept: FieldLibrary) -> None:
    assert kept.load() == ()
    with pytest.raises(FieldLibraryError, match="no 'acetone'"):
        kept.remove("acetone")
    assert not kept.folder.exists()


def test_added_listed_removed(kept: FieldLibrary) -> None:
    first, second = entry("acetone", "67-64-1", ("propanone",)), entry("cutting oil")
    kept.add(first)
    kept.add(second)
    assert {one.sha256 for one in kept.load()} == {first.sha256, second.sha256}
    kept.remove("PROPANONE")
    assert [one.name for one in kept.load()] == ["cutting oil"]
    kept.remove("Cutting Oil")
    assert kept.load() == ()


def test_a_name_cannot_be_added_twice(kept: FieldLibrary) -> None:
    kept.add(entry("acetone"))
    with pytest.raises(FieldLibraryError, match="acetone"):
        kept.add(entry("Acetone"))
    assert len(kept.load()) == 1


@given(first=LABELS, second=LABELS)
def test_different_names_have_different_legal_files(first: str, second: str) -> None:
    if first.casefold() != second.casefold():
        assert file_name(first) != file_name(second)
    assert len(file_name(first).encode()) < 80
    assert "/" not in file_name(first)
    assert not file_name(first).startswith(".")


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:500])


def _rename(path: Path) -> None:
    path.rename(path.with_name("other.json"))


def _copy(path: Path) -> None:
    path.with_name("copy.json").write_bytes(path.read_bytes())


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [_truncate, _rename, _copy])
def test_a_damaged_entry_is_named_with_the_way_out_of_it(
    kept: FieldLibrary, damage: Callable[[Path], None]
) -> None:
    path = kept.add(entry("acetone"))
    kept.add(entry("cutting oil"))
    damage(path)
    (found,) = kept.scan()[1]
    with pytest.raises(FieldLibraryError) as caught:
        kept.load()
    assert str(found.path) in caught.value.text
    assert f"ramix library remove {found.path.stem}" in caught.value.remedy
    with pytest.raises(FieldLibraryError, match="damaged"):
        kept.add(entry("third"))  # nothing is built on a library that is not whole
    kept.remove(found.path.stem)
    assert "cutting oil" in {one.name for one in kept.load()}


def test_a_damaged_entry_can_be_removed_by_the_name_it_had(kept: FieldLibrary) -> None:
    _truncate(kept.add(entry("acetone")))
    kept.remove("acetone")
    assert kept.load() == ()


def test_a_folder_in_an_entrys_place_is_damage_too(kept: FieldLibrary) -> None:
    _make_folder(kept.add(entry("acetone")))
    with pytest.raises(FieldLibraryError, match="damaged"):
        kept.load()


def test_a_full_library_says_so(kept: FieldLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_library, "MAX_ENTRIES", 1)
    kept.add(entry("acetone"))
    with pytest.raises(FieldLibraryError, match="full"):
        kept.add(entry("cutting oil"))


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the folder's place")
    blocked = FieldLibrary(tmp_path / "data" / "library")
    with pytest.raises(FieldLibraryError, match="library"):
        blocked.add(entry())


def test_of_many_who_add_one_name_at_once_one_succeeds(kept: FieldLibrary) -> None:
    made = entry("acetone")

    def add(_: int) -> bool:
        try:
            kept.add(made)
        except FieldLibraryError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(16))) == 1
    assert len(kept.load()) == 1


class PowerCut(BaseException):
    """Nothing after this runs."""


@pytest.mark.parametrize("operation", range(8))
def test_a_power_cut_at_any_operation_leaves_whole_entries(
    kept: FieldLibrary, monkeypatch: pytest.MonkeyPatch, operation: int
) -> None:
    first = entry("acetone")
    kept.add(first)
    done: list[str] = []

    def cut_off(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            if len(done) == operation:
                raise PowerCut
            done.append(name)
            return real(*arguments)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut_off("sync", os.fsync))
        patched.setattr(Path, "replace", cut_off("rename", Path.replace))
        patched.setattr(Path, "unlink", cut_off("unlink", Path.unlink))
        try:
            kept.add(entry("cutting oil"))
            added = True
        except PowerCut:
            added = False
    names = [one.name for one in kept.load()]  # raises if anything is not whole
    assert names in (["acetone"], ["acetone", "cutting oil"])
    if added:  # acknowledged is kept, and in this order it survives the cut
        assert names == ["acetone", "cutting oil"]
        assert done == ["sync", "rename", "sync"]
        return
    if "cutting oil" not in names:
        kept.add(entry("cutting oil"))
    assert not list(kept.folder.glob(".*.part"))


ADD_FOR_EVER = """
import sys
from device.field_library.store import FieldLibrary
from pathlib import Path
from tests.test_field_library import entry
kept, number = FieldLibrary(Path(sys.argv[1])), 0
made = entry("acetone")
print("ready", flush=True)
while True:
    kept.add(made)
    kept.remove("acetone")
"""


def test_killed_while_writing_it_leaves_whole_entries(kept: FieldLibrary) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ADD_FOR_EVER, str(kept.folder)], cwd=ROOT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.3)
        writer.send_signal(signal.SIGKILL)
    assert kept.folder.is_dir()  # the control: it was at work
    assert [one.name for one in kept.load()] in ([], ["acetone"])
    if kept.load():
        kept.remove("acetone")
    kept.add(entry("acetone"))
    assert not list(kept.folder.glob(".*.part"))


# ---- the answer ----


def again(name: str, seed: int = 5) -> Spectrum:
    """A second measurement as far as one can be had: there is one file of each liquid, so this is
    the same one with noise at SNR 100, the axis off by 1 cm-1 and a sloping background added."""
    measured = read_spectrum(WASATCH / f"{name}.csv")
    rng = np.random.default_rng(seed)
    height = float(np.ptp(measured.intensity))
    slope = np.linspace(0.5, 0.0, len(measured.intensity)) * height
    noise = rng.normal(0.0, 0.01 * height, len(measured.intensity))
    return Spectrum(measured.wavenumber_cm1 + 1.0, measured.intensity + slope + noise)


@pytest.mark.parametrize("name", ["acetone", "Tetrahydrofuran", "urea"])
def test_unknown_becomes_identified_and_unknown_again(kept: FieldLibrary, name: str) -> None:
    sample = again(name)

    def verdict_now() -> tuple[Verdict, list[str]]:
        found = Identifier(solvents(), field_compounds=kept.load()).identify(sample).identification
        return found.verdict, [component.name for component in found.components]

    before = verdict_now()
    assert before[0] is not Verdict.IDENTIFIED
    kept.add(field_compound(read_spectrum(WASATCH / f"{name}.csv"), name=name))
    assert verdict_now() == (Verdict.IDENTIFIED, [name])
    kept.remove(name)
    assert verdict_now() == before


# Files of one liquid from two instruments; toluene is in the model that these tests add to
SAME_LIQUID = {file: own for file, own in OTHER_INSTRUMENT.items() if own != "Toluene"}


@pytest.fixture(scope="module")
def aromatics() -> Bundle:
    """A model that knows none of these liquids."""
    path = shipped_models_dir() / "aromatics4-2.ramix"
    return read_bundle(path.read_bytes(), default_trust_policy())


@pytest.mark.parametrize("name", SAME_LIQUID)
def test_added_on_one_instrument_it_is_found_on_another(aromatics: Bundle, name: str) -> None:
    """Two real measurements of one liquid, each in turn the reference of the other."""
    one = read_spectrum(WASATCH / f"{name}.csv")
    other = read_spectrum(SOLVENTS / "components" / f"{SAME_LIQUID[name]}.txt")
    for reference, sample in ((one, other), (other, one)):
        assert not Identifier(aromatics).identify(sample).identification.components
        field = [field_compound(reference, name="it")]
        found = Identifier(aromatics, field_compounds=field).identify(sample).identification
        assert found.verdict is Verdict.IDENTIFIED
        assert [component.name for component in found.components] == ["it"]


def test_real_mixtures_are_named_by_field_compounds_alone(aromatics: Bundle) -> None:
    """Twelve pures added in the field beside a model that has toluene only, from other lines."""
    pures = [path for path in (SOLVENTS / "components").glob("*.txt") if path.stem != "Toluene"]
    field = [field_compound(read_spectrum(path), name=path.stem) for path in pures]
    identifier = Identifier(aromatics, field_compounds=field)
    three = {"1,2-Dichloroethane", "isopropanol", "Acetonitrile"}
    for mixture, expected in (("ThreeSolvent-1", three), ("FourSolvent-1", three | {"toluene"})):
        sample = read_spectrum(SOLVENTS / "mixtures" / f"{mixture}.txt")
        found = identifier.identify(sample).identification
        assert {component.name for component in found.components} == expected


@pytest.fixture(scope="module")
def acetone() -> FieldCompound:
    return field_compound(read_spectrum(WASATCH / "acetone.csv"), name="acetone", cas="67-64-1")


@pytest.fixture(scope="module")
def extended(acetone: FieldCompound) -> Identifier:
    return Identifier(solvents(), field_compounds=[acetone])


def test_an_answer_with_a_field_compound_says_so_everywhere(
    extended: Identifier, acetone: FieldCompound, tmp_path: Path
) -> None:
    answer = extended.identify(again("acetone"))
    (found,) = answer.identification.components
    assert not found.network_validated
    result = result_json(answer)
    assert result["components"][0]["network_validated"] is False
    assert "not_network_validated" in {reason["code"] for reason in result["reasons"]}
    assert card(result).count("not network-validated") == 2
    with RecordStore(tmp_path / "records.sqlite") as records:
        record = records.get(records.append(answer))
    assert record.body["field_compounds"] == [{"name": "acetone", "sha256": acetone.sha256}]


def test_an_answer_without_one_reads_as_ever(extended: Identifier, tmp_path: Path) -> None:
    """The control; the record still tells that a field compound took part in the fit."""
    plain = Identifier(solvents())
    spectrum = read_spectrum(WASATCH / "toluene.csv")
    with RecordStore(tmp_path / "records.sqlite") as records:
        without = records.get(records.append(plain.identify(spectrum)))
        beside = records.get(records.append(extended.identify(spectrum)))
    for record in (without, beside):
        assert [part["name"] for part in record.result["components"]] == ["Toluene"]
        assert "network_validated" not in record.result["components"][0]
        assert not record.result["reasons"]
    assert "field_compounds" not in without.body
    assert [one["name"] for one in beside.body["field_compounds"]] == ["acetone"]


def test_mixed_with_a_liquid_of_the_model_both_are_named(extended: Identifier) -> None:
    toluene, acetone = (read_spectrum(WASATCH / f"{name}.csv") for name in ("toluene", "acetone"))
    heights = [float(np.ptp(one.intensity)) for one in (toluene, acetone)]
    rng = np.random.default_rng(3)
    mixed = 0.5 * toluene.intensity / heights[0] + 0.5 * acetone.intensity / heights[1]
    mixed += rng.normal(0.0, 0.002, len(mixed))
    found = extended.identify(Spectrum(toluene.wavenumber_cm1, 1e4 * mixed)).identification
    assert found.verdict is Verdict.IDENTIFIED
    validated = {one.name: one.network_validated for one in found.components}
    assert validated == {"Toluene": True, "acetone": False}
    assert all(one.volume_fraction is None for one in found.components)  # no response factor


def test_what_the_model_has_itself_is_left_out_and_said(acetone: FieldCompound) -> None:
    """A later model may bring the compound along: two references would share its signal."""
    own = field_compound(read_spectrum(WASATCH / "toluene.csv"), name="toluol")
    identifier = Identifier(solvents(), field_compounds=[own, acetone])
    assert [one.name for one in identifier.field_compounds] == ["acetone"]
    (notice,) = identifier.notices
    assert "toluol" in notice
    assert "Toluene" in notice
