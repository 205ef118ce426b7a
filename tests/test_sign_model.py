"""Keys, trust files and signatures, from the command line to a verified bundle."""

import subprocess
import sys
from pathlib import Path

import pytest

from device.cli.exit_codes import EXIT_ERROR, EXIT_MODEL_REFUSED
from device.cli.main import run_command
from device.inference.bundle import read_bundle
from device.inference.container import Container
from device.inference.errors import SignatureError
from device.inference.trust import DEMO_KEY_ID, TrustPolicy
from tests.tiny_bundles import FIXTURES, tiny_path, tiny_variant
from tools.sign_model import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments], cli, "sign_model")


def test_two_of_three_sign_in_turn(folder: Path) -> None:
    for name in ("alice", "bob", "carol"):
        assert run("keygen", f"{name}.pem") == 0
    publics = ["alice.pub", "bob.pub", "carol.pub"]
    assert run("trust", "--threshold", 2, *publics, "-o", "trust.json") == 0
    policy = TrustPolicy.from_file(folder / "trust.json")
    bundle = folder / "model.ramix"
    bundle.write_bytes(tiny_variant(signers=[]))
    assert run("sign", bundle, "--key", "alice.pem") == 0
    with pytest.raises(SignatureError, match="1 of the 2"):
        read_bundle(bundle.read_bytes(), policy)
    assert run("sign", bundle, "--key", "carol.pem", "-o", "signed.ramix") == 0
    assert len(read_bundle((folder / "signed.ramix").read_bytes(), policy).signed_by) == 2
    assert len(Container.from_bytes(bundle.read_bytes()).signatures) == 1


def test_signing_again_with_the_same_key_adds_nothing(folder: Path) -> None:
    run("keygen", "a.pem")
    bundle = folder / "model.ramix"
    bundle.write_bytes(tiny_variant(signers=[]))
    run("sign", bundle, "--key", "a.pem")
    once = bundle.read_bytes()
    run("sign", bundle, "--key", "a.pem", "--key", "a.pem")
    assert bundle.read_bytes() == once


def test_the_demo_key_is_warned_about(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo_key = FIXTURES.parent.parent / "models" / "DEMO_KEY_do_not_use.pem"
    bundle = folder / "model.ramix"
    bundle.write_bytes(tiny_variant(signers=[]))
    assert run("sign", bundle, "--key", demo_key) == 0
    assert f"{DEMO_KEY_ID} is the public demo key" in capsys.readouterr().err
    run("keygen", "own.pem")
    bundle.write_bytes(tiny_variant(signers=[]))
    capsys.readouterr()
    run("sign", bundle, "--key", "own.pem")
    assert capsys.readouterr().err == ""


def test_a_private_key_is_its_owners_alone_and_never_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("keygen", "own.pem")
    assert (folder / "own.pem").stat().st_mode & 0o777 == 0o600
    before = (folder / "own.pem").read_bytes()
    assert run("keygen", "own.pem") == EXIT_ERROR
    assert (folder / "own.pem").read_bytes() == before
    assert "cannot be created" in capsys.readouterr().err
    assert run("keygen", "own.pub") == EXIT_ERROR


def test_damage_is_not_signed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("keygen", "own.pem")
    bundle = folder / "model.ramix"
    data = bytearray(tiny_path(2).read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    assert run("sign", bundle, "--key", "own.pem") == EXIT_MODEL_REFUSED
    assert bundle.read_bytes() == data
    assert run("sign", "none.ramix", "--key", "own.pem") == EXIT_MODEL_REFUSED
    assert run("sign", tiny_path(2), "--key", "own.pub", "-o", "x.ramix") == EXIT_MODEL_REFUSED
    assert not (folder / "x.ramix").exists()


def test_impossible_trust_is_refused(folder: Path) -> None:
    run("keygen", "own.pem")
    assert run("trust", "--threshold", 2, "own.pub", "-o", "trust.json") == EXIT_MODEL_REFUSED
    assert run("trust", "--threshold", 2, "own.pub", "own.pub", "-o", "t.json") != 0
    assert run("trust", "own.pem", "-o", "trust.json") == EXIT_ERROR
    assert not (folder / "trust.json").exists()


def test_the_script_runs_as_a_file_and_every_command_has_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = FIXTURES.parent.parent / "tools" / "sign_model.py"
    subprocess.run([sys.executable, str(script), "--help"], check=True, stdout=subprocess.DEVNULL)
    for arguments in (["--help"], ["keygen", "-h"], ["trust", "-h"], ["sign", "-h"]):
        assert run(*arguments) == 0
        assert "Example" in capsys.readouterr().out
