"""`ramix model`: what a bundle is, and whether it works here."""

import json
from pathlib import Path

import pytest

from device.cli.exit_codes import EXIT_MODEL_REFUSED
from device.cli.main import run_command
from tests.tiny_bundles import tiny_path, tiny_variant


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def ramix(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run_command(["model", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_info_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ramix(capsys, "info", tiny_path(2))
    assert code == 0 and "demo key" in err
    for expected in ("tiny-2", "ramixnet2", "fixture A", "fixture B", "CC0-1.0", "highpass121"):
        assert expected in out


def test_how_it_was_trained_is_told_only_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    _, out, _ = ramix(capsys, "info", "models/solvents13-2.ramix")
    assert "provenance" not in out and "--all" in out
    below = out[out.index("compounds\n") :].splitlines()
    assert max(map(len, below)) <= 70
    assert "provenance" in ramix(capsys, "info", "models/solvents13-2.ramix", "--all")[1]


def test_info_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ramix(capsys, "info", tiny_path(1), "--json")
    described = json.loads(out)
    assert code == 0
    assert [compound["name"] for compound in described["compounds"]] == ["fixture A", "fixture B"]
    assert described["task"] == "ramixnet1" and described["demo_signed"] is True


def test_verify_under_both_runtimes(capsys: pytest.CaptureFixture[str]) -> None:
    both = ("--runtime", "litert", "--runtime", "tflite")
    code, out, _ = ramix(capsys, "verify", tiny_path(2), *both)
    assert code == 0 and "3 golden vectors and 4 golden spectra hold with litert and tflite" in out
    code, out, _ = ramix(capsys, "verify", tiny_path(2), "--json")
    assert json.loads(out)["runtimes"] == ["litert"]


def test_what_must_not_be_used_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.ramix"
    for data in (tiny_variant(signers=[]), tiny_path(2).read_bytes()[:-3], b"nothing"):
        bundle.write_bytes(data)
        for verb in ("info", "verify"):
            code, out, err = ramix(capsys, verb, bundle)
            assert (code, out) == (EXIT_MODEL_REFUSED, "")
            assert err.startswith("Error: ")
    code, out, _ = ramix(capsys, "verify", tmp_path / "none.ramix", "--json")
    assert code == EXIT_MODEL_REFUSED
    assert json.loads(out)["error"]["code"] == "model_not_found"


def test_free_entries_cannot_write_to_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.ramix"
    bundle.write_bytes(tiny_variant(figures={"\x1b[2J": {"exact": ["\x1b]0;owned\x07"]}}))
    code, out, _ = ramix(capsys, "info", bundle, "--all")
    assert code == 0 and "\x1b" not in out and "\x07" not in out and "owned" in out
