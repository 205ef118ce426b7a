"""Records say what decided, and no number that decides changes without a new version."""

import configparser
import pkgutil
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import device.fit
import device.spectra
import device.verdict
import device.verdict.amounts
from device.answer import decision_identity
from device.answer.decision_identity import (
    DECIDING,
    DECISION_VERSION,
    constants,
    constants_of,
    decision_sha256,
)
from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.fit import search
from device.inference.bundle import Bundle, read_bundle_file
from device.inference.decision_numbers import NAMES
from device.inference.trust import default_trust_policy
from device.installation import default_model_path
from device.native.library import backend
from device.records import content as record_content
from device.records.store import RecordStore
from device.show.card import CardStyle, card
from device.version import VERSION
from tests.sample_answers import answer, file_spectrum
from tests.tiny_bundles import tiny_bundle

ROOT = Path(__file__).resolve().parent.parent

# Of the shipped default model. Another digest needs another DECISION_VERSION: raise that, add the
# new pair, and issue the bundles again if their golden spectra no longer hold.
PINNED = {
    1: "4eeca564e537882735293bf9a790dbc2f15a1f2ed879d6d6ab1ef542b00a8e72",
    3: "3f196379c835f32b9e0b1d4b10a7874c760f1565f77ee52869b793a90f762a53",
}

# They carry spectra and decide nothing.
UNDECIDING = {
    "files",
    "in_order",
    "provenance",
    "raw_frames",
    "reason",
    "reference_spectrum",
    "spectrum",
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle_file(default_model_path(), default_trust_policy())


def digest_of(bundle: Bundle, **numbers: float) -> str:
    constants.cache_clear()
    try:
        return decision_sha256(replace(bundle.manifest.decision.numbers, **numbers))
    finally:
        constants.cache_clear()


def test_the_decision_is_the_one_of_its_version(bundle: Bundle) -> None:
    assert PINNED.get(DECISION_VERSION) == digest_of(bundle), (
        "a number that decides has changed: raise DECISION_VERSION and pin the new digest here"
    )


def test_a_changed_constant_changes_the_digest(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the pin: constants, tuples, each number of a model, the version."""
    before = digest_of(bundle)
    name, value = next(iter(constants_of(search).items()))
    changed = [(search, name, 2 * value)]
    changed += [(decision_identity, "DECISION_VERSION", DECISION_VERSION + 1)]
    changed += [(device.verdict.amounts, "_SPREAD_LIMITS", (0.055, 0.0751))]
    for module, name, new in changed:
        with monkeypatch.context() as patched:
            patched.setattr(module, name, new)
            assert digest_of(bundle) != before, name
    moved = {digest_of(bundle, **{name: 0.125}) for name in NAMES}
    assert len(moved | {before}) == len(NAMES) + 1
    assert digest_of(bundle) == before


def test_every_module_between_spectrum_and_verdict_is_covered() -> None:
    covered = {module.__name__ for module in DECIDING}
    for package in (device.spectra, device.fit, device.verdict):
        for found in pkgutil.iter_modules(package.__path__):
            name = f"{package.__name__}.{found.name}"
            decides = package is device.fit or found.name not in UNDECIDING
            assert (name in covered) == decides, name


def test_what_is_no_number_in_capitals_is_no_constant() -> None:
    class Fake:
        pass

    module: Any = Fake()
    module.__dict__.update(
        A=1, _B_2=(1.0, (2, 3)), lower=1, Mixed=1, TEXT="x", FLAG=True, NESTED=(1, "x")
    )
    assert constants_of(module) == {"A": 1, "_B_2": (1.0, (2, 3))}


# ---- where it stands ----


@pytest.mark.parametrize("runtime", ["litert", "tflite"])
def test_an_answer_names_software_decision_runtime_and_signers(runtime: str) -> None:
    identifier = Identifier(tiny_bundle(2), runtime)
    result = result_json(identifier.identify(file_spectrum()))
    decision = result["decision"]
    assert decision["software"] == VERSION
    assert decision["version"] == DECISION_VERSION
    assert re.fullmatch(r"[0-9a-f]{64}", decision["sha256"])
    assert re.fullmatch(rf"{runtime} \d+\.\d+[.\d]*", decision["runtime"])
    assert decision["fit_backend"] == backend()
    assert result["model"]["signed_by"] == [{"key_id": "ca804ea7730193af", "demo": True}]
    assert identifier.decision is identifier.decision  # worked out once


def test_the_digest_is_of_the_numbers_in_force() -> None:
    plain, moved = Identifier(tiny_bundle(2)), Identifier(tiny_bundle(2))
    moved.numbers = replace(moved.numbers, support=0.5)
    assert plain.decision.sha256 != moved.decision.sha256


def test_a_no_result_names_what_decided_too() -> None:
    answer = Identifier(tiny_bundle(2)).identify(
        replace(file_spectrum(), intensity=file_spectrum().intensity * 0.0)
    )
    assert result_json(answer)["verdict"] == "NO_RESULT"
    assert result_json(answer)["decision"]["version"] == DECISION_VERSION


@pytest.mark.parametrize("unicode", [True, False])
def test_the_card_has_one_line_for_it(unicode: bool) -> None:
    lines = card(result_json(answer()), style=CardStyle(unicode=unicode)).splitlines()
    (line,) = [line for line in lines if line.startswith("  decided")]
    for part in ("ramix 0.1.0", "decision 1 (cdcdcdcdcdcd)", "litert 2.3.0", "numpy fit"):
        assert part in line
    assert len(line) <= 80


def test_records_hold_it_and_older_ones_still_verify_and_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(one: Any) -> dict[str, Any]:
        result = result_json(one)
        del result["decision"], result["model"]["signed_by"]
        return result

    with RecordStore(tmp_path / "records.sqlite") as store:
        with monkeypatch.context() as patched:
            patched.setattr(record_content, "result_json", as_before)
            old = store.append(answer())
        new = store.append(answer())
        assert store.verify().problems == ()
        assert "decided" not in card(store.get(old).result)
        shown = store.get(new).result
        assert "decided ramix 0.1.0" in card(shown)
        assert shown["decision"] == result_json(answer())["decision"]
        assert shown["model"]["signed_by"] == [{"key_id": "0123456789abcdef", "demo": False}]


# ---- one version ----


def test_the_version_is_stated_once() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["version"] == "attr: device.version.VERSION"
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


@pytest.mark.parametrize(
    ("module", "program"),
    [
        ("device.cli.main", "ramix"),
        ("tools.flash_model", "ramix-flash"),
        ("train.cli.main", "ramix-train"),
    ],
)
def test_every_program_says_it_without_a_look_at_what_is_installed(
    module: str, program: str
) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = [{program!r}, '--version']\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "assert 'importlib.metadata' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{program} {VERSION}\n"
