"""A bundle issued again: nothing is trained, nothing unverified is signed, and it is proven."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.answer.identifier import Identifier
from device.answer.proof import prove
from device.inference.bundle import Bundle, read_bundle, read_bundle_file
from device.inference.bundle_writer import draft_bundle
from device.inference.container import Container
from device.inference.decision_numbers import Decision, decision_json
from device.inference.errors import BundleError, ProductMismatch, SignatureError
from device.inference.trust import SigningKey, default_trust_policy, demo_signing_key
from device.installation import shipped_models_dir
from tests.tiny_bundles import (
    DECISION,
    NUMBERS,
    signed_unchecked,
    tiny_bundle,
    tiny_parts,
    tiny_path,
)
from train.bundle import golden_scenes, golden_spectra
from train.bundle import reissue as module
from train.bundle.golden_spectra import NoGoldenSpectrum, golden_verdict_entries
from train.bundle.reissue import reissue
from train.cli.main import cli

TRUST = default_trust_policy()
KEY = demo_signing_key()
SHIPPED = sorted(shipped_models_dir().glob("*.ramix"))


FITTED = Decision(
    replace(NUMBERS, evidence=0.6), tiny_bundle(2).manifest.decision.standard_errors, {}
)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Bundle]:
    """Drafts for which a decision was asked; it is not fitted here (`tests/test_decide.py`)."""
    drafts: list[Bundle] = []

    def decide(bundle: Bundle, progress: object = None) -> Decision:
        drafts.append(bundle)
        return FITTED

    monkeypatch.setattr(module, "decide", decide)
    return drafts


def old_format(version: int = 1) -> bytes:
    """The tiny bundle as it was without numbers of the decision: 2; and before golden verdicts and
    digests: 1."""
    manifest, references = tiny_parts(2)
    del manifest["decision"]
    presence = manifest.pop("presence_thresholds")
    manifest |= {"thresholds": {"presence": presence, "fit": {"support": 0.7}}}
    if version == 1:
        del manifest["golden_verdicts"]
        for one in manifest["compounds"]:
            del one["sha256"]
    return signed_unchecked(manifest | {"format": f"ramix-model-{version}"}, references)


@pytest.mark.parametrize("older", [1, 2])
def test_an_old_bundle_is_refused_and_its_reissue_proves_itself(
    older: int, asked: list[Bundle]
) -> None:
    old = old_format(older)
    with pytest.raises(ProductMismatch):
        read_bundle(old, TRUST)
    made = reissue(old, TRUST, [KEY])
    new, before = read_bundle(made.data, TRUST), Container.from_bytes(old)
    prove(new)
    assert new.manifest.version == made.version == "1.0.1"
    assert new.model == before.model
    assert Container.from_bytes(made.data).references == before.references
    verdicts = [golden.verdict for golden in new.manifest.golden_verdicts]
    assert verdicts == ["IDENTIFIED", "IDENTIFIED", "UNKNOWN", "PARTIAL"]
    assert decision_json(new.manifest.decision) == decision_json(FITTED)
    assert new.manifest.presence_thresholds == tiny_bundle(2).manifest.presence_thresholds
    assert b'"thresholds"' not in Container.from_bytes(made.data).manifest
    (draft_of_it,) = asked
    assert (draft_of_it.references == new.references).all() and draft_of_it.model == new.model


def test_a_decision_that_is_there_is_kept_unless_another_is_asked_for(asked: list[Bundle]) -> None:
    made = reissue(tiny_path(2).read_bytes(), TRUST, [KEY])
    assert asked == []
    assert decision_json(read_bundle(made.data, TRUST).manifest.decision) == DECISION
    made = reissue(tiny_path(2).read_bytes(), TRUST, [KEY], anew=True)
    assert len(asked) == 1
    new = read_bundle(made.data, TRUST)
    assert new.manifest.decision.numbers == FITTED.numbers
    prove(new)


def test_the_same_bundle_gives_the_same_reissue() -> None:
    first = reissue(old_format(), TRUST, [KEY])
    assert reissue(old_format(), TRUST, [KEY]).data == first.data
    again = reissue(first.data, TRUST, [KEY], version="3.1.4")
    assert read_bundle(again.data, TRUST).manifest.version == "3.1.4"
    golden = [json.loads(Container.from_bytes(x.data).manifest) for x in (first, again)]
    assert golden[0]["golden_verdicts"] == golden[1]["golden_verdicts"]
    assert golden[1]["provenance"]["reissued_from"]["version"] == "1.0.1"


def test_what_the_old_signature_does_not_vouch_for_is_not_issued_again() -> None:
    container = Container.from_bytes(old_format())
    swapped = np.frombuffer(container.references, "<f4").reshape(2, -1)[::-1].tobytes()
    for changed, error in (
        (replace(container, references=swapped), BundleError),
        (replace(container, model=container.model[::-1]), BundleError),
        (replace(container, signatures=()), SignatureError),
        (replace(container, manifest=container.manifest.replace(b"1.0.0", b"1.0.9")), BundleError),
    ):
        with pytest.raises(error):
            reissue(changed.to_bytes(), TRUST, [KEY])
    with pytest.raises(SignatureError):
        strange = SigningKey.generate().sign(container.manifest)
        reissue(replace(container, signatures=(strange,)).to_bytes(), TRUST, [KEY])


def test_digests_that_do_not_hold_are_not_made_to_hold() -> None:
    manifest, references = tiny_parts(2)
    data = signed_unchecked(manifest, references[::-1].copy())
    with pytest.raises(BundleError, match="digest"):
        reissue(data, TRUST, [KEY])


def test_the_command_writes_bundle_and_card(tmp_path: Path) -> None:
    source = shipped_models_dir() / "aromatics4-2.ramix"
    card = source.with_suffix(".md").read_text()
    for suffix in (".ramix", ".md"):
        target = tmp_path / f"aromatics4-2{suffix}"
        target.write_bytes(source.with_suffix(suffix).read_bytes())
    result = CliRunner().invoke(cli, ["reissue", str(tmp_path / "aromatics4-2.ramix")])
    assert result.exit_code == 0, result.output
    new = read_bundle_file(tmp_path / "aromatics4-2.ramix", TRUST)
    text = (tmp_path / "aromatics4-2.md").read_text()
    assert new.manifest.version == "1.1.1" and new.sha256 in text
    kept = card[card.index("## Through the analyzer") : card.index("## Network alone")]
    assert kept in text  # what was measured, and with which file, word for word
    assert "Measured with 1.1.0" in text


def test_the_verb_decide_issues_a_bundle_with_new_numbers_and_prints_them(
    tmp_path: Path, asked: list[Bundle]
) -> None:
    path = tmp_path / "tiny-2.ramix"
    path.write_bytes(tiny_path(2).read_bytes())
    result = CliRunner().invoke(cli, ["decide", str(path), "--version", "2.0.0"])
    assert result.exit_code == 0, result.output
    assert len(asked) == 1
    new = read_bundle_file(path, TRUST)
    assert new.manifest.version == "2.0.0"
    assert new.manifest.decision.numbers == FITTED.numbers
    for name in ("evidence", "foreign_constant"):
        assert f"{getattr(FITTED.numbers, name):.3f}" in result.output


# ---- the golden spectra themselves ----


@pytest.mark.parametrize("runtime", ["litert", "tflite"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_bundle_has_every_kind_of_golden_spectrum(path: Path, runtime: str) -> None:
    """And both runtimes, whose last bits differ, answer them alike."""
    bundle = read_bundle_file(path, TRUST)
    prove(bundle, runtime)
    verdicts = [golden.verdict for golden in bundle.manifest.golden_verdicts]
    assert verdicts == ["IDENTIFIED"] * 3 + ["UNKNOWN", "PARTIAL"]
    sizes = [len(golden.components) for golden in bundle.manifest.golden_verdicts]
    assert sizes == [1, 2, 3, 0, 1]


def draft(**numbers: float) -> Bundle:
    manifest, references = tiny_parts(2)
    del manifest["golden_verdicts"]
    for name, value in numbers.items():
        manifest["decision"]["numbers"][name] = [value, 0.1]
    return draft_bundle(manifest, tiny_bundle(2).model, references)


def test_without_a_clear_answer_there_is_no_export() -> None:
    assert len(golden_verdict_entries(draft())) == 4  # negative control
    with pytest.raises(NoGoldenSpectrum, match="IDENTIFIED") as caught:
        golden_verdict_entries(draft(named_from=60.0))
    assert "ramix-train evaluate" in caught.value.remedy


def test_an_answer_that_other_noise_gives_differently_is_not_taken() -> None:
    identifier, rng = Identifier(draft()), np.random.default_rng(1)
    scene = golden_scenes._pure(identifier.bundle, rng)
    assert scene is not None
    golden = golden_spectra._answered(identifier, scene, rng)
    assert golden is not None
    assert golden_spectra._is_clear(identifier, scene, golden, rng)
    (named,) = golden.components
    off = replace(golden, components=(replace(named, signal_share=0.985),))
    assert not golden_spectra._is_clear(identifier, scene, off, rng)  # more than half of 0.02
    faint = replace(scene, snr=2.0)
    assert not golden_spectra._is_clear(identifier, faint, golden, rng)


def test_the_tiny_fixture_is_what_its_builder_would_draw() -> None:
    manifest, _ = tiny_parts(2)
    for there, drawn in zip(
        manifest["golden_verdicts"], golden_verdict_entries(draft()), strict=True
    ):
        shares = [[one.pop("signal_share") for one in e["components"]] for e in (there, drawn)]
        assert there == drawn
        assert shares[0] == pytest.approx(shares[1], abs=1e-3)  # machines differ in last bits
    assert tiny_path(2).stat().st_size < 64_000
