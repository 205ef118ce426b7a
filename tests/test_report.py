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
from device.inference.manifest import Compound
from device.show.card import CardStyle, card
from device.show.headline import headline
from device.show.picture import PlotNotWritten, PlotUnavailable
from device.show.plot import plot
from device.spectra.reason import Reason
from device.spectra.spectrum import Spectrum
from device.verdict.identification import Component, Verdict
from device.verdict.reasons import not_in_library
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
        "verdict", "components", "unexplained", "alternatives", "reasons", "safety", "nearest",
        "watch", "material", "containers", "model", "decision", "why", "settings", "self_test",
        "timings_ms", "record_id",
    ]  # fmt: skip
    assert list(result["components"][0]) == [
        "name", "cas", "presence", "signal_share", "signal_share_uncertainty",
        "signal_share_at_least", "volume_fraction", "volume_fraction_uncertainty",
        "volume_fraction_at_least",
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


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("style", STYLES)
def test_no_line_of_a_card_is_wider_than_the_screen(
    kind: str, style: CardStyle, width: int
) -> None:
    text = card(
        result_json(ANSWERS[kind]()),
        source="a/very/long/name/" * 9,
        notes=["A remark of some length about the model. " * 4],
        style=replace(style, width=width),
    )
    assert max(len(line) for line in _plain(text).splitlines()) <= width


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
    assert text.index("\n  aniline") < text.index("\n  toluene")  # the larger volume comes first


def test_signal_share_is_labelled_as_signal_share() -> None:
    text = card(result_json(ANSWERS["share_only"]()))
    assert "share of the Raman signal" in text
    assert "volume" not in text
    assert text.index("\n  toluene") < text.index("\n  aniline")


def test_reasons_come_with_their_remedy() -> None:
    text = card(result_json(no_result()))
    assert REASON.text in text
    assert REASON.remedy in text


def test_a_trace_is_visible_and_nobody_is_certain() -> None:
    trace = replace(_no_volume(TOLUENE), signal_share=0.001, presence=1.0)
    text = card(result_json(answer(components=(trace,))), style=CardStyle(unicode=False))
    row = next(line for line in text.splitlines() if line.startswith("  toluene"))
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


SGR = {"danger": "1;37;41", "warning": "1;30;43", "unknown": "1;37;45"}


@pytest.mark.parametrize(
    ("cas", "level"), [("108-88-3", "danger"), ("95-47-6", "warning"), ("", "unknown")]
)
def test_the_colour_is_the_hazard_s_and_its_word_stands_beside_it(cas: str, level: str) -> None:
    one = result_json(answer(components=(replace(TOLUENE, cas=cas),), unexplained=0.0))
    coloured = card(one, style=CardStyle(colour=True))
    assert one["verdict"] == "IDENTIFIED"
    assert f"\x1b[{SGR[level]}m" in coloured.splitlines()[0]
    assert "\x1b[1;30;42m" not in coloured  # the green of a match
    word = {"danger": "DANGER", "warning": "WARNING", "unknown": "HAZARD NOT KNOWN"}[level]
    assert word in _plain(coloured).splitlines()[3]


def test_the_worst_hazard_comes_first_with_number_and_what_to_do() -> None:
    text = card(result_json(answer()))
    assert text.index("Toxic if inhaled") < text.index("Highly flammable")  # aniline, toluene
    assert "UN 1547 ANILINE" in text and "UN 1294 TOLUENE" in text
    words = " ".join(text.split())
    assert words.index("closed clothing") < words.index("CAS")
    assert words.count("keep 50 m away (ERG guide") == 1


def test_a_hazard_text_without_facts_is_shown_as_it_was_written() -> None:
    mine = replace(TOLUENE, name="mine", cas="")
    known = Compound("mine", "", (), "H225 burns at once", None, None, "")
    text = card(result_json(replace(answer(components=(mine,)), compounds=(known,))))
    assert "DANGER mine: H225 burns at once. UN number not known." in text


def test_a_record_from_before_hazards_were_kept_has_those_of_today() -> None:
    old = result_json(answer())
    for key in ("safety", "nearest", "alternatives"):
        del old[key]
    del old["components"][0]["volume_fraction_at_least"]
    assert "UN 1547 ANILINE" in card(old)


def test_what_may_hide_stands_beside_the_amount() -> None:
    one = result_json(answer(components=(TOLUENE,), unexplained=0.0))
    one["components"][0] |= {
        "volume_fraction": 1.0, "volume_fraction_uncertainty": 0.0,
        "volume_fraction_at_least": 0.86, "signal_share_at_least": 0.9,
    }  # fmt: skip
    row = next(line for line in card(one).splitlines() if line.startswith("  toluene"))
    assert "100 %" in row and "≥ 86 %" in row and "±" not in row


def test_one_or_the_other_has_its_own_banner_and_is_explained() -> None:
    reason = Reason("a_or_b", "x", "Measure longer.", ("toluene", "o-xylene"), 0.97)
    known = Compound("toluene", "108-88-3", (), "", None, None, "")
    one = result_json(replace(answer(Verdict.PARTIAL, (), 1.0, (reason,)), compounds=(known,)))
    assert one["alternatives"] == [{"names": ["toluene", "o-xylene"], "signal_share": 0.97}]
    text = card(one)
    assert "ONE OR THE OTHER" in text.splitlines()[1]
    assert "not in the library" not in text
    row = next(line for line in text.splitlines() if line.startswith("  not explained"))
    assert " 3 %" in row
    assert one["safety"]["substances"][0]["possible"]
    assert one["safety"]["worst"] == "danger"


def test_no_verdict_contradicts_its_number() -> None:
    rest = result_json(answer(Verdict.IDENTIFIED, (_no_volume(TOLUENE),), 0.08))
    assert "Everything" not in card(rest)
    assert "8 %" in card(rest).splitlines()[2]
    lamp = Reason("light_of_a_lamp", "Light (neon) shone.", "Cover the probe.")
    doubt = card(result_json(answer(Verdict.PARTIAL, (_no_volume(TOLUENE),), 0.0, (lamp,))))
    assert "not in the library" not in doubt
    noisy = Reason("too_noisy", "The noise.", "Measure longer: 9 frames would do.")
    text = card(result_json(answer(Verdict.UNKNOWN, (), 1.0, (noisy,))))
    assert "It is not known what" not in text


def test_an_unknown_card_says_once_that_the_library_explains_nothing() -> None:
    one = result_json(answer(Verdict.UNKNOWN, (), 1.0, (not_in_library(),)))
    assert card(one).count("library explains") == 1
    assert "library" not in headline(one) and "not harmless" in headline(one)


def test_what_two_reasons_ask_for_is_said_once() -> None:
    cover = "Cover the probe and measure again."
    twice = (Reason("a", "One.", cover), Reason("b", "Two.", cover), Reason("c", "Three.", "Go."))
    text = card(result_json(answer(Verdict.PARTIAL, reasons=twice)))
    assert text.count(cover) == 1
    assert text.index("Two.") < text.index(cover) < text.index("Three.")


def test_names_from_outside_cannot_command_the_terminal() -> None:
    evil = replace(TOLUENE, name="tol\x1b[2Juene")
    style = CardStyle(colour=False)
    assert "\x1b" not in card(result_json(answer(components=(evil,))), style=style)


def test_notes_are_on_the_card() -> None:
    assert "Demo key." in card(result_json(answer()), notes=["Demo key."])


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
    assert f"{sys.executable} -m pip install matplotlib" in caught.value.remedy


@pytest.mark.parametrize("name", ["picture", "picture.exe", "no/such/folder/picture.png"])
def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlotNotWritten):
        plot(answer(), tiny_bundle(2), tmp_path / name)


def test_a_folder_in_the_picture_s_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "picture.png").mkdir()
    with pytest.raises(PlotNotWritten):
        plot(answer(spectrum=file_spectrum()), tiny_bundle(2), tmp_path / "picture.png")
