"""Incoming goods: PASS for exactly what was asked for, FAIL with its reason, or not tested."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.answer.asked import Asked, Material, Wanted
from device.answer.identifier import Answer, Identifier
from device.answer.material import FAIL, NOT_TESTED, PASS, material_json
from device.answer.method import (
    Measuring,
    MethodDiffers,
    MethodInvalid,
    material_of,
    method_of,
    read_method,
)
from device.answer.watch import NotInLibrary
from device.cli.exit_codes import EXIT_MATERIAL_FAILED, EXIT_MODEL_REFUSED, EXIT_NO_RESULT
from device.cli.main import run_command
from device.inference import model_source
from device.spectra.reason import Reason
from device.verdict.identification import Verdict
from tests.sample_answers import TOLUENE, answer, no_result
from tests.tiny_bundles import tiny_bundle

ONLY_TOLUENE = Material((Wanted("toluene"),))
PURE = "data/solvents13/components/Toluene.txt"
FOUR = "data/solvents13/mixtures/FourSolvent-1.txt"
FOREIGN = Reason("unexplained_signal", "A line.", "Careful.")
TWINS = Reason("a_or_b", "Either.", "Longer.", ("o-xylene", "toluene"), 1.0)
NOISY = Reason("too_noisy", "Noise.", "Longer.")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def judged(one: Answer, material: Material = ONLY_TOLUENE) -> tuple[str, set[str]]:
    told = material_json(replace(one, asked=Asked(material=material)))
    assert told is not None
    return told["result"], {why["code"] for why in told["why"]}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (answer(components=(TOLUENE,)), (PASS, set())),
        (answer(), (FAIL, {"beside"})),
        (answer(components=(replace(TOLUENE, name="aniline"),)), (FAIL, {"missing"})),
        (answer(Verdict.PARTIAL, (TOLUENE,), 0.2, (FOREIGN,)), (FAIL, {"foreign"})),
        (answer(Verdict.PARTIAL, (), 1.0, (TWINS,)), (FAIL, {"twin"})),
        (answer(Verdict.PARTIAL, (TOLUENE,), 0.0, ()), (FAIL, {"not_identified"})),
        (answer(Verdict.UNKNOWN, (), 1.0, ()), (FAIL, {"missing"})),
        (answer(Verdict.UNKNOWN, (), 1.0, (NOISY,)), (NOT_TESTED, {"too_noisy"})),
        (no_result(), (NOT_TESTED, {"saturated"})),
    ],
)
def test_only_exactly_this_passes(one: Answer, expected: tuple[str, set[str]]) -> None:
    assert judged(one) == expected


@pytest.mark.parametrize(
    ("named", "end"),
    [
        ((), "nothing of the library is named."),
        (("aniline",), "named is aniline."),
        (("aniline", "ethanol"), "named are aniline, ethanol."),
    ],
)
def test_what_is_named_instead_is_a_sentence(named: tuple[str, ...], end: str) -> None:
    one = answer(components=tuple(replace(TOLUENE, name=name) for name in named))
    told = material_json(replace(one, asked=Asked(material=ONLY_TOLUENE)))
    assert told is not None
    assert told["why"][0]["text"] == f"toluene was not found; {end}"


def test_a_look_alike_is_named() -> None:
    one = replace(answer(Verdict.PARTIAL, (), 1.0, (TWINS,)), asked=Asked(material=ONLY_TOLUENE))
    told = material_json(one)
    assert told is not None
    assert told["why"][0]["text"] == "toluene cannot be told from o-xylene in this spectrum."


@pytest.mark.parametrize(
    ("tolerance", "result"), [(0.05, PASS), (0.03, PASS), (0.02, FAIL), (0.01, FAIL)]
)
def test_a_share_passes_only_with_its_whole_interval(tolerance: float, result: str) -> None:
    half = replace(TOLUENE, volume_fraction=0.5, volume_fraction_uncertainty=0.03)
    other = replace(half, name="aniline")
    wanted = tuple(Wanted(name, 0.5, tolerance) for name in ("toluene", "aniline"))
    material = Material(wanted, "volume_fraction")
    assert judged(answer(components=(half, other)), material)[0] == result


def test_a_share_that_is_not_known_fails() -> None:
    unknown = replace(TOLUENE, volume_fraction=None, volume_fraction_uncertainty=None)
    material = Material((Wanted("toluene", 1.0, 0.1),), "volume_fraction")
    assert judged(answer(components=(unknown,)), material) == (FAIL, {"share"})


def test_where_nothing_was_asked_nothing_is_judged() -> None:
    assert material_json(answer()) is None


@pytest.fixture(scope="module")
def solvents() -> Identifier:
    return Identifier(model_source.load_default(Path("models/solvents13-2.ramix")))


@pytest.mark.parametrize(
    "asked",
    [
        [],
        ["toluene", "toluol"],
        ["toluene", "ethanol"],
        ["toluene=80±5", "ethanol=80±5"],
        ["toluene=0±5"],
        ["toluene=50±100"],
        ["toluene=1.2.3±5"],
    ],
)
def test_a_material_that_makes_no_sense_is_refused(asked: list[str], solvents: Identifier) -> None:
    with pytest.raises(MethodInvalid):
        material_of(asked, solvents)
    assert material_of(["108-88-3"], solvents).wanted == (Wanted("Toluene"),)  # the control


def test_a_material_that_the_library_does_not_know_is_refused(solvents: Identifier) -> None:
    with pytest.raises(NotInLibrary):
        material_of(["water"], solvents)


def test_shares_are_percent_of_the_volume_where_responses_are_known(solvents: Identifier) -> None:
    found = material_of(["toluol=60±5", "EtOH=40+-2.5%"], solvents)
    assert found.quantity == "volume_fraction"
    assert found.wanted == (Wanted("Toluene", 0.6, 0.05), Wanted("ethanol", 0.4, 0.025))


def test_a_method_is_the_same_after_its_file_and_holds_here_alone(solvents: Identifier) -> None:
    measuring = Measuring(frames=5, integration_time="auto", laser_power_mw=30)
    written = method_of(solvents, material_of(["toluene"], solvents), measuring, ["ab"])
    read = read_method(written.to_bytes())
    assert read.measuring == measuring
    assert read.check(solvents, ["ab"]).wanted == (Wanted("Toluene"),)
    with pytest.raises(MethodDiffers, match="blanks"):
        read.check(solvents, [])
    with pytest.raises(MethodDiffers, match="model"):
        read.check(Identifier(tiny_bundle(2)), ["ab"])
    for kind in read.identity:
        other = replace(read, identity=read.identity | {kind: "another"})
        with pytest.raises(MethodDiffers, match=kind):
            other.check(solvents, ["ab"])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_but_a_method_s_become_one(data: bytes) -> None:
    with pytest.raises(MethodInvalid):
        read_method(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"wanted"', '"wnated"'),
        ('"share": null', '"share": 0.5'),
        ('"quantity": "volume_fraction"', '"quantity": "mass"'),
        ('"frames": null', '"frames": 0'),
        ('"frames": null', '"frames": 2.5'),
        ('"laser_power_mw": null', '"laser_power_mw": 65536'),
        ('"budget_s": null,\n    "frames": null', '"budget_s": 3.0,\n    "frames": 2'),
        ('"integration_time": null', '"integration_time": "fast"'),
        ('"software": "', '"software": 1, "x": "'),
    ],
)
def test_a_method_that_was_tampered_with_is_refused(
    old: str, new: str, solvents: Identifier
) -> None:
    text = method_of(solvents, material_of(["toluene"], solvents), Measuring(), []).to_bytes()
    assert old in text.decode()
    with pytest.raises(MethodInvalid):
        read_method(text.decode().replace(old, new, 1).encode())
    read_method(text)  # the control


# ---- the command ----


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run_command(["verify-material", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_exit_code_is_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "toluol", "--file", PURE)
    assert (code, told["material"]["result"]) == (0, PASS)
    assert 0.9 < told["material"]["at_least"] < 1.0
    code, told = run(capsys, "toluene", "--file", FOUR)
    assert (code, told["material"]["result"]) == (EXIT_MATERIAL_FAILED, FAIL)
    code, told = run(capsys, "toluene", "--file", "data/charisma785/Ne_785nm_x20_50ms.txt")
    assert (code, told["material"]["result"]) == (EXIT_NO_RESULT, NOT_TESTED)


def test_a_test_by_a_locked_method_is_in_the_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    method, store = str(tmp_path / "m.json"), str(tmp_path / "r.sqlite")
    assert run(capsys, "toluene", "--save-method", method)[0] == 0
    assert run(capsys, "toluene", "--save-method", method)[0] == 1  # never changed
    code, told = run(capsys, "--method", method, "--file", PURE, "--store", store)
    assert code == 0
    assert run_command(["records", "show", "1", "--store", store, "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert kept["material"] == told["material"]
    assert kept["material"]["method_sha256"]
    assert run_command(["records", "show", "1", "--store", store]) == 0
    assert "PASS: Toluene and nothing else" in capsys.readouterr().out
    other = ["--model", "models/solvents13-1.ramix"]
    code, told = run(capsys, "--method", method, "--file", PURE, *other)
    assert (code, told["error"]["code"]) == (EXIT_MODEL_REFUSED, "method_differs")


def test_a_port_is_measured_as_the_method_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    method = str(tmp_path / "m.json")
    model = ["--model", "models/solvents13-2.ramix"]
    assert run(capsys, "toluene", "--save-method", method, "--frames", "2", *model)[0] == 0
    port = ["--port", f"sim:replay={PURE}", "--no-store", *model]
    code, told = run(capsys, "--method", method, *port)
    assert (code, told["settings"]["frames"]) == (0, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--file", PURE],
        ["toluene"],
        ["toluene", "--file", PURE, "--port", "usb:"],
        ["toluene", "--method", "m.json", "--file", PURE],
        ["--method", "m.json", "--frames", "3", "--port", "usb:"],
        ["toluene", "--save-method", "m.json", "--file", PURE],
        ["toluene", "--save-method", "m.json", "--budget", "3", "--frames", "2"],
        ["toluene", "--file", PURE, "--frames", "3"],
    ],
)
def test_options_that_contradict_each_other_are_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *arguments)[0] == 2


def test_the_seed_of_hashes_changes_no_reason() -> None:
    names = ("a", "b", "c", "d", "e")
    many = answer(components=(TOLUENE, *(replace(TOLUENE, name=name) for name in names)))
    told = material_json(replace(many, asked=Asked(material=ONLY_TOLUENE)))
    assert told is not None and told["why"][0]["text"].endswith("a, b, c, d, e.")
    assert np.isfinite(many.identification.unexplained)
