"""What people and programs read of an answer: the JSON object, the card, the picture."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.answer.identifier import Answer, Identifier
from device.answer.result import result_json
from device.show.card import CARD_WIDTH, CardStyle, card
from device.show.plot import PlotNotWritten, PlotUnavailable, plot
from device.spectra.spectrum import Spectrum
from device.verdict.identification import Component, Verdict
from tests.sample_answers import ANILINE, REASON, TOLUENE, answer, file_spectrum, no_result
from tests.tiny_bundles import tiny_bundle

ANSWERS: dict[str, Callable[[], Answer]] = {
    "identified": answer,
    "share_only": lambda: answer(components=(_no_volume(TOLUENE), _no_volume(ANILINE))),
    "partial": lambda: answer(Verdict.PARTIAL, (_no_volume(TOLUENE),), 0.4, (REASON,)),
    "unknown": lambda: answer(Verdict.UNKNOWN, (), 1.0, (REASON,)),
    "no_result": no_result,
    "many": lambda: answer(components=tuple(replace(TOLUENE, name=f"c{i}") for i in range(12))),
}
STYLES = [CardStyle(), CardStyle(colour=True), CardStyle(unicode=False)]


def _no_volume(component: Component) -> Component:
    return replace(component, volume_fraction=None, volume_fraction_uncertainty=None)


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


# ---- JSON ----


def test_the_object_has_the_documented_fields_and_no_others() -> None:
    result = result_json(answer(Verdict.PARTIAL, reasons=(REASON,)), "0000001-x")
    assert list(result) == [
        "verdict", "components", "unexplained", "reasons", "containers", "model", "decision",
        "why", "settings", "self_test", "timings_ms", "record_id",
    ]  # fmt: skip
    assert list(result["components"][0]) == [
        "name", "cas", "presence", "signal_share", "signal_share_uncertainty",
        "signal_share_at_least", "volume_fraction", "volume_fraction_uncertainty",
    ]  # fmt: skip
    assert list(result["model"]) == ["name", "version", "sha256", "task", "signed_by"]
    assert list(result["model"]["signed_by"][0]) == ["key_id", "demo"]
    assert list(result["decision"]) == [
        "software", "version", "sha256", "runtime", "fit_backend",
    ]  # fmt: skip
    assert result["reasons"] == [
        {"code": REASON.code, "text": REASON.text, "remedy": REASON.remedy}
    ]
    assert result["record_id"] == "0000001-x"


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_object_is_strict_json_of_plain_types(kind: str) -> None:
    result = result_json(ANSWERS[kind]())
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_what_is_not_known_or_not_finite_is_null() -> None:
    odd = replace(
        TOLUENE, volume_fraction=None, volume_fraction_uncertainty=None, presence=float("nan")
    )
    component = result_json(answer(components=(odd,)))["components"][0]
    assert component["volume_fraction"] is None
    assert component["presence"] is None


def test_numpy_numbers_become_plain_ones() -> None:
    share: Any = np.float32(0.25)
    odd = replace(TOLUENE, signal_share=share)
    found = result_json(answer(components=(odd,)))["components"][0]["signal_share"]
    assert type(found) is float


# ---- the card ----


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("style", STYLES)
def test_no_line_of_a_card_is_wider_than_the_screen(kind: str, style: CardStyle) -> None:
    text = card(
        result_json(ANSWERS[kind]()),
        source="a/very/long/name/" * 9,
        hazards={"toluene": "Highly flammable liquid and vapour. " * 4},
        notes=["A remark of some length about the model. " * 4],
        style=style,
    )
    assert max(len(line) for line in _plain(text).splitlines()) <= CARD_WIDTH


def test_colour_adds_nothing_but_colour() -> None:
    result = result_json(answer(reasons=(REASON,)))
    coloured = card(result, style=CardStyle(colour=True))
    assert "\x1b[" in coloured
    assert _plain(coloured) == card(result, style=CardStyle())


def test_a_plain_card_is_ascii_where_the_terminal_is() -> None:
    card(result_json(ANSWERS["partial"]()), style=CardStyle(unicode=False)).encode("ascii")


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_verdict_stands_first(kind: str) -> None:
    one = ANSWERS[kind]()
    lines = card(result_json(one)).splitlines()
    assert str(one.identification.verdict).replace("_", " ") in lines[1]


def test_volume_is_labelled_as_volume_of_the_visible_part() -> None:
    text = card(result_json(answer()))
    assert "volume fraction" in text
    assert "of the Raman-visible part" in text
    assert "55 % ±3" in text  # aniline's volume, not its share
    assert text.index("aniline") < text.index("toluene")  # the larger volume comes first


def test_signal_share_is_labelled_as_signal_share() -> None:
    text = card(result_json(ANSWERS["share_only"]()))
    assert "share of the Raman signal" in text
    assert "volume" not in text
    assert text.index("toluene") < text.index("aniline")


def test_reasons_come_with_their_remedy() -> None:
    text = card(result_json(no_result()))
    assert REASON.text in text
    assert REASON.remedy in text


def test_a_trace_is_visible_and_nobody_is_certain() -> None:
    trace = replace(_no_volume(TOLUENE), signal_share=0.001, presence=1.0)
    text = card(result_json(answer(components=(trace,))), style=CardStyle(unicode=False))
    row = next(line for line in text.splitlines() if "toluene" in line)
    assert "#" in row
    assert "<1 %" in row
    assert ">99 %" in row
    assert "100 %" not in row


def test_the_name_of_a_substance_is_never_cut() -> None:
    name = "1,1,1,3,3,3-hexafluoro-2-(trifluoromethyl)propan-2-ol"
    assert name in card(result_json(answer(components=(replace(TOLUENE, name=name),))))


def test_the_card_says_whether_and_where_it_is_kept() -> None:
    assert "not stored" in card(result_json(answer()))
    assert "0000042-x" in card(result_json(answer(), "0000042-x"))


def test_a_file_s_name_cannot_command_the_terminal() -> None:
    assert "\x1b" not in card(result_json(answer()), source="\x1b[2Jgone.txt")


def test_hazards_and_notes_are_on_the_card() -> None:
    text = card(result_json(answer()), hazards={"toluene": "flammable"}, notes=["Demo key."])
    assert "flammable" in text
    assert "Demo key." in text


# ---- the picture ----


def _mixture_answer() -> tuple[Answer, Any]:
    bundle = tiny_bundle(2)
    axis = bundle.manifest.grid.wavenumber_cm1
    rng = np.random.default_rng(4)
    intensity = 2e4 * (0.6 * bundle.references[0] + 0.4 * bundle.references[1]) + 1e3
    spectrum = Spectrum(axis, intensity + rng.normal(0.0, 50.0, len(axis)), source="mix.csv")
    return Identifier(bundle).identify(spectrum), bundle


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_fit_becomes_a_picture(tmp_path: Path, ending: str) -> None:
    one, bundle = _mixture_answer()
    assert one.identification.components
    path = tmp_path / f"picture.{ending}"
    plot(one, bundle, path)
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(magic)


def test_the_picture_names_what_was_found(tmp_path: Path) -> None:
    one, bundle = _mixture_answer()
    path = tmp_path / "picture.svg"
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot(one, bundle, path)
    text = path.read_text()
    for word in ("fixture A", "fixture B", "IDENTIFIED", "measured", "residual", "mix.csv"):
        assert word in text


@pytest.mark.parametrize("kind", ["unknown", "no_result"])
def test_without_an_assertion_no_substance_is_drawn(tmp_path: Path, kind: str) -> None:
    one, bundle = _mixture_answer()
    silent = replace(one, identification=ANSWERS[kind]().identification)
    path = tmp_path / "picture.svg"
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot(silent, bundle, path)
    assert "fixture" not in path.read_text()


def test_a_picture_of_part_of_the_range(tmp_path: Path) -> None:
    one, bundle = _mixture_answer()
    kept = slice(100, 1700)
    part = Spectrum(one.spectrum.wavenumber_cm1[kept], one.spectrum.intensity[kept])
    path = tmp_path / "picture.png"
    plot(Identifier(bundle).identify(part), bundle, path)
    assert path.stat().st_size > 10_000


def test_a_missing_matplotlib_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # the import system's "not there"
    with pytest.raises(PlotUnavailable) as caught:
        plot(answer(), tiny_bundle(2), tmp_path / "picture.png")
    assert "pip install ramix-edge[report]" in caught.value.remedy


@pytest.mark.parametrize("name", ["picture", "picture.exe", "no/such/folder/picture.png"])
def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlotNotWritten):
        plot(answer(), tiny_bundle(2), tmp_path / name)


def test_a_folder_in_the_picture_s_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "picture.png").mkdir()
    with pytest.raises(PlotNotWritten):
        plot(answer(spectrum=file_spectrum()), tiny_bundle(2), tmp_path / "picture.png")
