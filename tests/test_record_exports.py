"""Exports of records: read by others' libraries, answered alike by us, proven, and told."""

import hashlib
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import jcamp
import numpy as np
import pytest
import spc_io
from hypothesis import given
from hypothesis import strategies as st

from device.answer.result import result_json
from device.cli import records_export
from device.cli.main import run_command
from device.export.errors import ExportRefused, ExportUnavailable
from device.export.exhibit import NO_MODEL, Exhibit, exhibit_of
from device.export.facts import facts_of
from device.export.formats import FORMATS, exported, require_format
from device.export.svg import ticks
from device.records.about import About
from device.records.measured import spectrum_of
from device.records.store import RecordStore
from device.spectra.files import exported_json
from device.spectra.files.reading import read_spectrum
from device.spectra.files.reading import spectrum_of as read_back
from device.spectra.files.source import Source
from device.spectra.files.text import SpectrumFileError
from device.spectra.provenance import Provenance
from device.spectra.spectrum import Spectrum
from tests.record_exhibits import COLUMNS, COUNTS, UNKNOWN, answered, identifier
from tests.record_stores import another_device, column, edit, filled

NUMBERS = ("csv", "json", "jcamp", "spc")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RecordStore:
    path = tmp_path_factory.mktemp("exports") / "records.sqlite"
    answered(path, COUNTS, COLUMNS, UNKNOWN)
    return RecordStore(path, read_only=True)


@pytest.fixture(scope="module")
def exhibits(store: RecordStore) -> list[Exhibit]:
    return [exhibit_of(store, number, identifier()) for number in ("1", "2", "3")]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run_command(["records", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


# ---- the same measurement ----


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stored_measurement_is_rebuilt_and_answered_alike(
    exhibits: list[Exhibit], number: int
) -> None:
    exhibit = exhibits[number]
    again = result_json(identifier().identify(exhibit.spectrum))
    for name in ("verdict", "components", "unexplained", "reasons"):
        assert again[name] == exhibit.result[name]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("name", NUMBERS)
def test_our_reader_gives_each_export_the_same_verdict(
    exhibits: list[Exhibit], number: int, name: str
) -> None:
    exhibit = exhibits[number]
    file = exported(exhibit, name)
    found = identifier().identify(read_back(Source(file.name, file.data))).identification
    assert str(found.verdict) == exhibit.record.verdict
    assert {one.name for one in found.components} == set(exhibit.record.names)
    shares = [one.signal_share for one in found.components]
    stored = [one["signal_share"] for one in exhibit.components]
    # JCAMP-DX and SPC hold one curve: neither noise nor the dark frame is in them
    assert np.allclose(shares, stored, atol=1e-4 if name in ("csv", "json") else 0.02)


@pytest.mark.parametrize("number", [0, 1])
def test_strangers_read_axis_and_values(exhibits: list[Exhibit], number: int) -> None:
    exhibit = exhibits[number]
    axis, values = exhibit.spectrum.wavenumber_cm1, exhibit.spectrum.intensity
    theirs = jcamp.read(io.StringIO(exported(exhibit, "jcamp").data.decode("ascii")))
    assert np.allclose(theirs["x"], axis, atol=1e-6) and np.allclose(theirs["y"], values)
    spc = spc_io.SPC.from_bytes_io(io.BytesIO(exported(exhibit, "spc").data))
    assert np.allclose(spc[0].xarray, axis, atol=1e-3)
    assert np.allclose(spc[0].yarray, values, rtol=1e-6, atol=1e-3)
    lines = exported(exhibit, "csv").data.decode().splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    assert rows[0][:2] == ["wavenumber_cm1", "intensity"]
    table = np.array([[float(cell) for cell in row[:2]] for row in rows[1:]])
    assert np.allclose(table[:, 0], axis, atol=1e-6) and np.allclose(table[:, 1], values)


@pytest.mark.parametrize(
    "text",
    [
        "infrared card",
        "wavelength (nm) 500",
        "absorbance",
        "##END=",
        "XUNITS=NM",
        "\u6ce2\u957f nm",
        "IR",
        "beads of 302 nm and 2303 nm",
    ],
)
def test_what_people_wrote_misleads_no_reader(tmp_path: Path, text: str) -> None:
    with RecordStore(tmp_path / "records.sqlite") as store:
        answer = identifier().identify(read_spectrum(COLUMNS))
        exhibit = exhibit_of(store, store.append(answer, about=About(sample=text, note=text)))
        for name in NUMBERS:
            file = exported(exhibit, name)
            back = read_back(Source(file.name, file.data))
            assert np.allclose(back.intensity, exhibit.spectrum.intensity, rtol=1e-6)
        assert text in json.loads(exported(exhibit, "json").data)["facts"]["sample"]
        if not text.isascii():  # letters that the font of a PDF lacks
            assert exported(exhibit, "pdf").data.startswith(b"%PDF")


# ---- NeXus ----


def test_nexus_holds_the_definition_the_beam_the_counts_and_a_default_plot(
    exhibits: list[Exhibit],
) -> None:
    exhibit = exhibits[0]
    raw = exhibit.spectrum.raw
    assert raw is not None
    with h5py.File(io.BytesIO(exported(exhibit, "nexus").data)) as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["NX_class"] == "NXentry"
        assert entry["definition"].asstr()[()] == "NXraman"
        assert entry["definition"].attrs["version"] == "v2026.01"
        assert "NXraman" in entry["definition"].attrs["URL"]
        assert entry["experiment_type"].asstr()[()] == "Raman spectroscopy"
        beam = entry["instrument/beam_incident"]
        assert beam.attrs["NX_class"] == "NXbeam" and beam["wavelength"].attrs["units"] == "nm"
        assert beam["parameter_reliability"].asstr()[()] == "nominal"
        assert beam["wavelength"][()] == pytest.approx(raw.calibration.excitation_nm)
        detector = entry["instrument/detector_camera"]
        np.testing.assert_array_equal(detector["data"], raw.raw_counts)
        np.testing.assert_array_equal(detector["dark"], raw.dark_counts)
        assert "pixel_mask" not in detector  # whose bit 0 is a gap and no dead pixel
        np.testing.assert_array_equal(detector["dead"], raw.dead)
        assert detector["count_time"][()] == pytest.approx(raw.integration_time_ms / 1000)
        data = entry[entry.attrs["default"]]
        assert data.attrs["signal"] == "intensity" and list(data.attrs["axes"]) == ["raman_shift"]
        assert data["raman_shift"].attrs["units"] == "1/cm"
        np.testing.assert_array_equal(data["intensity"], exhibit.spectrum.intensity)
        fit = entry["identification/fit"]
        total = fit["fitted"][()] + fit["residual"][()]
        assert np.allclose(total, fit["measured"][()], equal_nan=True)
        stored = json.loads(entry["identification/result_json"].asstr()[()])
        assert stored == exhibit.result
        assert (
            entry["provenance/device_signature"].asstr()[()]
            == facts_of(exhibit)["device_signature"]
        )


def test_nexus_says_what_nobody_knows_instead_of_making_it_up(exhibits: list[Exhibit]) -> None:
    with h5py.File(io.BytesIO(exported(exhibits[1], "nexus").data)) as file:
        unknown = file["entry/not_known"].asstr()[()].splitlines()
        assert "raman_experiment_type" in unknown and "start_time" in unknown
        assert "start_time" not in file["entry"]  # a file's time has no zone: it is no UTC
        assert file["entry/provenance/acquired_as_the_file_says"].asstr()[()].startswith("20")
        assert "acquired_utc" not in file["entry/provenance"]
        assert file["entry/instrument/scattering_configuration"].asstr()[()] == "not known"
        # of a file's columns no counts
        assert "data" not in file["entry/instrument/detector_camera"]


@pytest.mark.parametrize(("name", "library"), [("nexus", "h5py"), ("pdf", "matplotlib")])
def test_a_missing_library_is_named_before_anything_is_done(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch, exhibits: list[Exhibit]
) -> None:
    def missing(module: str, *rest: Any) -> Any:
        if module == library:
            raise ImportError(module)
        return import_module(module, *rest)

    monkeypatch.setattr(f"device.export.{name}.import_module", missing)
    for attempt in (lambda: require_format(name), lambda: exported(exhibits[0], name)):
        with pytest.raises(ExportUnavailable) as caught:
            attempt()
        assert library in caught.value.text
        assert f"{sys.executable} -m pip install {library}" in caught.value.remedy


# ---- reports ----


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_without_scripts_links_or_requests(exhibits: list[Exhibit]) -> None:
    text = exported(exhibits[0], "html").data.decode("utf-8")
    page = _Page()
    page.feed(text)
    assert page.tags.count("svg") == 1 and not page.links
    assert not {"script", "img", "link", "iframe", "object", "b"} & set(page.tags)
    assert "url(" not in text and "@import" not in text
    assert re.findall(r"https?://[^\"' ]+", text) == ["http://www.w3.org/2000/svg"]  # a name
    assert "default-src 'none'" in text


def test_the_page_says_verdict_hazards_amounts_people_and_proof(exhibits: list[Exhibit]) -> None:
    exhibit = exhibits[0]
    page = _Page()
    page.feed(exported(exhibit, "html").data.decode("utf-8"))
    facts = facts_of(exhibit)
    assert exhibit.entry is not None
    wanted = [
        "IDENTIFIED", "DANGER", "UN 1184", "may cause cancer", "A. Nalyst", "vial 0 <b>&amp;",
        *exhibit.record.names, facts["record_sha256"], facts["device_signature"],
        facts["device_public_key"], facts["model_sha256"], exhibit.record.record_id,
        "ramix records verify", "\N{PLUS-MINUS SIGN}", exhibit.record.code,
    ]  # fmt: skip
    assert [word for word in wanted if word not in page.text] == []


def test_curves_are_drawn_only_where_the_same_model_says_the_same(
    store: RecordStore, exhibits: list[Exhibit]
) -> None:
    with_model, without = exhibits[0], exhibit_of(store, "1")
    assert with_model.curves is not None and not with_model.curves_note
    assert without.curves is None and without.curves_note == NO_MODEL
    assert "not on this machine" in exported(without, "html").data.decode("utf-8")
    assert b"residual" in exported(with_model, "html").data
    assert exhibits[2].record.verdict == "UNKNOWN" and exhibits[2].curves is None
    assert not exhibits[2].curves_note  # nothing is asserted, so nothing is missing


def test_pdf_and_picture_are_such_and_the_same_each_time(store: RecordStore) -> None:
    exhibit = exhibit_of(store, "2")
    pdf, png = exported(exhibit, "pdf"), exported(exhibit, "png")
    assert pdf.data.startswith(b"%PDF-") and pdf.data.rstrip().endswith(b"%%EOF")
    assert pdf.data.count(b"/Type /Page ") >= 2
    assert png.data.startswith(b"\x89PNG\r\n\x1a\n")
    assert exported(exhibit, "pdf").sha256 == pdf.sha256


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_a_scale_has_few_round_numbers_within_it(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert len(found) <= 11
    slack = 1e-6 * max(abs(low), span)
    assert all(low - slack <= one <= low + span + slack for one in found)


# ---- provenance, and what is refused ----


@pytest.mark.parametrize("name", NUMBERS)
def test_each_file_of_numbers_says_where_it_comes_from(exhibits: list[Exhibit], name: str) -> None:
    text = exported(exhibits[0], name).data.decode("utf-8", "replace")
    facts = facts_of(exhibits[0])
    for fact in ("record_id", "record_sha256", "device_signature", "model_sha256", "operator"):
        assert facts[fact] in text, fact
    assert "IDENTIFIED" in text and "108-88-3" in text


def test_the_list_of_the_command_is_that_of_the_formats() -> None:
    assert tuple(FORMATS) == records_export.FORMATS
    with pytest.raises(ExportRefused, match="no format"):
        exported(None, "docx")  # type: ignore[arg-type]


def test_an_export_is_told_by_the_chain_with_the_hash_of_each_file(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = filled(path, 3)
    out = tmp_path / "out"
    code, said = run(
        capsys, "export", "--all", "--format", "csv", "--format", "html", "--out", str(out),
        "--store", str(path),
    )  # fmt: skip
    assert code == 0 and len(said["files"]) == 6
    with RecordStore(path, read_only=True) as store:
        (event,) = store.events("export")
        assert store.verify().problems == ()
    assert event.event_id in said["event_ids"]
    assert {one["record_id"] for one in event.content["files"]} == set(ids)
    for one in event.content["files"]:
        data = (out / one["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one["sha256"]


def test_the_ending_of_a_file_chooses_the_format_and_nothing_is_replaced(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    target, store = tmp_path / "x.jdx", ("--store", str(path))
    assert run(capsys, "export", "1", "--out", str(target), *store)[0] == 0
    assert target.read_bytes().startswith(b"##TITLE=")
    before = target.read_bytes()
    code, said = run(capsys, "export", "2", "--out", str(target), *store)
    assert code == 1 and "is there already" in said["error"]["text"]
    assert target.read_bytes() == before
    assert run(capsys, "export", "2", "--out", str(target), "--force", *store)[0] == 0
    for words in (["1", "2", "--out", str(target)], ["1", "--out", str(tmp_path / "no" / "x.spc")]):
        code, said = run(capsys, "export", *words, *store)
        assert (code, said["error"]["code"]) == (1, "export_refused")
    with RecordStore(path, read_only=True) as opened:
        assert len(opened.events("export")) == 2  # what was refused was not told as done


def test_a_choice_leaves_out_what_was_pruned_and_says_so(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    with RecordStore(path) as store:
        store.export_store(tmp_path / "away.sqlite")
        store.prune("2099-01-01")
    words = ["records", "export", "--all", "--store", str(path), "--out", str(tmp_path / "out")]
    assert run_command(words) == 1
    assert "exported store" in capsys.readouterr().err
    filled(path, 1)
    assert run_command(words) == 0
    assert "2 record(s) were exported and pruned before: left out" in capsys.readouterr().err
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert run_command(["records", "export", "1", "--store", str(path)]) == 1


def test_records_are_chosen_by_time_and_words(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 3)
    store = ("--store", str(path), "--out", str(tmp_path / "out"), "--force")
    assert len(run(capsys, "export", "--search", "s-1", *store)[1]["files"]) == 1
    assert len(run(capsys, "export", "--since", "2020-01-01", *store)[1]["files"]) == 3
    code, said = run(capsys, "export", "--before", "2020-01-01", *store)
    assert code == 1 and "No record" in said["error"]["text"]
    assert run_command(["records", "export", *store]) == 2
    assert run_command(["records", "export", "1", "--all", *store]) == 2
    capsys.readouterr()


def test_a_damaged_record_is_refused(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    body = column(path, "body", 1, "contents").replace(b"toluene", b"benzene")
    edit(path, "UPDATE contents SET body = ? WHERE sequence = 1", body)
    code, said = run(capsys, "export", "1", "--out", str(tmp_path / "x.csv"), "--store", str(path))
    assert (code, said["error"]["code"]) == (1, "record_damaged")
    assert not (tmp_path / "x.csv").exists()


def test_another_devices_store_and_a_copy_stay_as_they_are(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.sample_answers import answer

    with RecordStore(path, signer=another_device()) as foreign:
        foreign.append(answer())
    copy = tmp_path / "copy.sqlite"
    own = tmp_path / "own.sqlite"
    filled(own, 1)
    with RecordStore(own) as opened:
        opened.export_store(copy)
    for number, file in enumerate((path, copy)):
        before = file.read_bytes()
        out = str(tmp_path / f"{number}.csv")
        assert run(capsys, "export", "1", "--out", out, "--store", str(file))[0] == 0
        assert file.read_bytes() == before  # the event went into this machine's own chain
    code, said = run(capsys, "events", "--kind", "export")
    assert code == 0 and len(said["events"]) == 2


def test_reading_records_loads_no_writer_of_exports() -> None:
    script = (
        "import sys; from device.cli.main import run_command; run_command(['records', '--help']);"
        "print(*[name for name in sys.modules if name.startswith(('device.export', 'h5py', "
        "'matplotlib', 'numpy'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert ran.stdout.splitlines()[-1] == ""


# ---- the JSON of columns ----


@given(
    st.lists(st.floats(-1e9, 1e9, width=32), min_size=2, max_size=30),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.text(max_size=20),
)
def test_columns_as_json_come_back_whole(
    values: list[float], more: bool, corrected: bool | None, title: str
) -> None:
    n = len(values)
    spectrum = Spectrum(
        np.cumsum(np.linspace(1.0, 2.0, n)),
        np.array(values),
        variance=np.linspace(1.0, 9.0, n) if more else None,
        integration_time_ms=12.5 if more else None,
        saturated=np.arange(n) == 1 if more else None,
        dark_counts=np.linspace(3.0, 4.0, n) if more else None,
        flags=frozenset({"recorded_average"}) if more else frozenset(),
        taken=Provenance(model="WP", intensity_corrected=corrected, averages=4),
    )
    text = exported_json.text_of(spectrum, title, {"note": title}, {"facts": {}})
    back = read_back(Source("x.json", text.encode()))
    for name in ("wavenumber_cm1", "intensity", "variance", "dark_counts", "saturated"):
        np.testing.assert_array_equal(getattr(back, name), getattr(spectrum, name))
    assert (back.flags, back.taken) == (spectrum.flags, spectrum.taken)
    assert back.integration_time_ms == spectrum.integration_time_ms


@given(st.sampled_from(["flags", "taken", "curves", "wavenumber_cm1", "title", "more"]), st.data())
def test_a_changed_json_is_a_spectrum_or_a_sentence(key: str, data: st.DataObject) -> None:
    spectrum = Spectrum(np.arange(1.0, 9.0), np.arange(8.0))
    whole = json.loads(exported_json.text_of(spectrum, "t", {}, {}))
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=6,
    )
    whole[key] = data.draw(values)
    try:
        back = read_back(Source("x.json", json.dumps(whole).encode()))
    except SpectrumFileError as error:
        assert error.text and error.remedy
        return
    assert len(back.intensity) == len(back.wavenumber_cm1)


def test_a_record_whose_arrays_contradict_each_other_is_told(store: RecordStore) -> None:
    from dataclasses import replace

    from device.records.errors import RecordDamaged

    record = store.get("2")
    for change in ({"dtype": "<c16"}, {"shape": [2, 2]}, {"offset": 1 << 40}):
        arrays = {**record.body["arrays"]}
        arrays["intensity"] = {**arrays["intensity"], **change}
        broken = replace(record, body={**record.body, "arrays": arrays})
        with pytest.raises(RecordDamaged):
            spectrum_of(broken)
