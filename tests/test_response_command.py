"""`ramix-train response` with a folder: tables, refusals, and a bundle that proves itself.

Next: `test_response_refit.py`, the factors themselves.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from device.answer.proof import prove
from device.inference.bundle import read_bundle
from device.inference.trust import SigningKey, default_trust_policy, demo_signing_key
from device.installation import default_model_path
from tests.measured import solvents
from tests.own_mixtures import MIXED, TIMES, Truth, answered, write_mixtures, write_truth
from tests.tiny_bundles import policy_of, tiny_path
from train.bundle.new_response import NewResponse
from train.bundle.reissue import issued_from, reissue
from train.cli.main import cli
from train.validation.response_refit import NotEnoughMixtures, Refit, refit

WIDE = {"COLUMNS": "200"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A folder of MIXED, whose responses are TIMES those of the shipped solvents."""
    folder = tmp_path_factory.mktemp("own") / "mixtures"
    return folder, write_mixtures(folder, solvents(), MIXED, TIMES)


def test_a_reissue_changes_factors_and_says_where_they_come_from() -> None:
    data, trust = tiny_path(2).read_bytes(), default_trust_policy()
    new = NewResponse({"fixture B": (3.0, 0.06)}, 5, 0.02, "0" * 64)
    made = reissue(data, trust, [demo_signing_key()], response=new)
    before, after = read_bundle(data, trust), read_bundle(made.data, trust)
    prove(after)
    factors = [
        (one.response_factor, one.response_factor_uncertainty) for one in after.manifest.compounds
    ]
    assert factors == [(1.0, 0.1), (3.0, 0.06)]
    assert after.model == before.model and made.version == "1.0.1"
    provenance = after.manifest.provenance
    of = issued_from(provenance)
    assert of is not None and of["sha256"] == before.sha256
    # figures measured with other factors are not those of this bundle
    assert "reissued_from" not in provenance
    assert "1 of 2 refitted from 5 mixtures" in str(provenance["response_factors"])
    again = reissue(made.data, trust, [demo_signing_key()], response=new)
    text = str(read_bundle(again.data, trust).manifest.provenance["response_factors"])
    assert text.count("before:") == 1
    plain = read_bundle(reissue(data, trust, [demo_signing_key()]).data, trust)
    assert plain.manifest.compounds == before.manifest.compounds  # negative control


def run(folder: Path, *options: str) -> Any:
    words = ["response", str(default_model_path()), str(folder), str(folder.parent / "truth.csv")]
    return CliRunner().invoke(cli, [*words, *options], env=WIDE)


def test_the_command_writes_a_bundle_that_proves_itself_and_its_card(
    written: tuple[Path, Truth], tmp_path: Path
) -> None:
    folder, truth = written
    write_truth(folder.parent / "truth.csv", truth)
    key = SigningKey.generate()
    (tmp_path / "release.pem").write_bytes(key.to_pem())
    result = run(
        folder, "--key", str(tmp_path / "release.pem"), "--out", str(tmp_path / "a/n.ramix")
    )
    assert result.exit_code == 0, result.output
    assert f"signed with key {key.key_id}" in result.output
    made = read_bundle((tmp_path / "a" / "n.ramix").read_bytes(), policy_of(1, key))
    prove(made)
    assert made.manifest.version != solvents().manifest.version
    usable, _ = answered(made, folder, truth)
    again = refit(usable, made.manifest.compounds)
    # little is left to be refitted
    assert all(
        one.after == pytest.approx(one.before, rel=2.0 * one.after_sd)
        for one in again.factors
        if one.before is not None and one.after_sd is not None
    )
    errors = [
        [x.before or 0.0 for x in found.compared] for found in (again, _of_before(folder, truth))
    ]
    assert np.mean(errors[0]) < 0.25 * np.mean(errors[1])
    card = (tmp_path / "a" / "n.md").read_text()
    assert "refitted from 8 mixtures" in card and "issued again" in card


def _of_before(folder: Path, truth: Mapping[str, Mapping[str, object]]) -> Refit:
    return refit(answered(solvents(), folder, truth)[0], solvents().manifest.compounds)


def test_without_out_nothing_is_written_and_arguments_go_together(
    written: tuple[Path, Truth],
) -> None:
    folder, truth = written
    write_truth(folder.parent / "truth.csv", truth)
    there = sorted(folder.parent.rglob("*"))
    result = run(folder)
    assert result.exit_code == 0 and "nothing is written" in result.output
    assert sorted(folder.parent.rglob("*")) == there
    model = str(default_model_path())
    for words in ([model, str(folder)], [model, "--out", "x.ramix"], [model, "--version", "1.0.0"]):
        assert CliRunner().invoke(cli, ["response", *words]).exit_code == 2


def test_a_refusal_lists_what_was_not_used(
    written: tuple[Path, Truth],
) -> None:
    folder, truth = written
    few = {name: truth[name] for name in ("mix0.csv", "mix1.csv", "mix2.csv")}
    few["mix4.csv"] = {"Toluene": 1, "n-Nonane": 1}
    write_truth(folder.parent / "truth.csv", few)
    result = run(folder)
    assert isinstance(result.exception, NotEnoughMixtures)
    assert "missed: n-Nonane" in result.output
