"""A tiny model through the whole chain: fit, quantize, measure, sign, read back, evaluate."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from device.inference.bundle import Bundle, read_bundle
from device.inference.golden import check_golden
from device.inference.interpreter import Interpreter
from device.inference.trust import default_trust_policy
from device.spectra.preprocessing import preprocess, quantize
from tests.lax_rates import SCENES, lax
from train.cli.main import cli
from train.library.references import load_library
from train.network.evaluate import Proportion
from train.recipe import RECIPE_FOLDER

TINY = {
    "steps = 1800": "steps = 200",
    "warmup_steps = 100": "warmup_steps = 5",
    "average_decay = 0.995": "average_decay = 0.9",
    "batch = 256": "batch = 64",
    "filters = [16, 32, 32]": "filters = [8, 8]",
    "sizes = [17, 9, 5]": "sizes = [17, 9]",
    "strides = [4, 4, 3]": "strides = [6, 6]",
    "dense = 64": "dense = 16",
    "spectra = 4000": f"spectra = 300\ndecision_scenes = {SCENES}",
    "calibration_spectra = 300": "calibration_spectra = 40",
    "snr_lowest = 15.0": "snr_lowest = 200.0",
    "traces = 1.5": "traces = 0.0",
}


def run(*arguments: str) -> Result:
    with lax():
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def write_tiny_recipe(folder: Path) -> Path:
    text = (RECIPE_FOLDER / "aromatics4-2.toml").read_text()
    for old, new in TINY.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "aromatics4-2.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with recipe, work files and the model."""
    folder = tmp_path_factory.mktemp("tiny")
    recipe = write_tiny_recipe(folder)
    result = run("build", str(recipe), "--work", str(folder / "work"), "--out", str(folder / "out"))
    assert result.exit_code == 0, result.output
    yield folder


@pytest.fixture(scope="module")
def bundle(built: Path) -> Bundle:
    data = (built / "out" / "aromatics4-2.ramix").read_bytes()
    return read_bundle(data, default_trust_policy())


def test_bundle_is_signed_and_answers_its_golden_vectors(bundle: Bundle) -> None:
    assert bundle.demo_signed
    check_golden(bundle, Interpreter.for_bundle(bundle))


def test_int8_file_holds_only_the_four_operators(bundle: Bundle) -> None:
    assert set(bundle.manifest.operators) == {
        "CONV_2D",
        "FULLY_CONNECTED",
        "LOGISTIC",
        "RESHAPE",
    }


def test_references_in_the_bundle_are_the_librarys(bundle: Bundle) -> None:
    np.testing.assert_array_equal(bundle.references, load_library("aromatics4").references)
    assert bundle.manifest.compound_names == load_library("aromatics4").names


def test_literature_lines_are_named_as_such_wherever_they_show(built: Path, bundle: Bundle) -> None:
    words = "literature lines, not measured"
    assert words in (built / "out" / "aromatics4-2.md").read_text()
    assert all(compound.source == words for compound in bundle.manifest.compounds)
    assert bundle.manifest.provenance["references"] == words


def test_even_the_tiny_model_learned_something(bundle: Bundle) -> None:
    interpreter = Interpreter.for_bundle(bundle)
    for index, reference in enumerate(bundle.references):
        presence = interpreter.predict(quantize(preprocess(reference))).presence
        assert presence.argmax() == index


def test_same_recipe_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    recipe = str(built / "aromatics4-2.toml")
    result = run("build", recipe, "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    again = (tmp_path / "out" / "aromatics4-2.ramix").read_bytes()
    assert again == (built / "out" / "aromatics4-2.ramix").read_bytes()


def test_card_states_n_interval_licence_and_the_command(built: Path) -> None:
    card = (built / "out" / "aromatics4-2.md").read_text()
    for part in ("n=300", "ramix-train build aromatics4-2", "licence", "SHA-256", "Limits"):
        assert part in card


def test_evaluate_repeats_the_figures_in_the_bundle(built: Path, bundle: Bundle) -> None:
    path = str(built / "out" / "aromatics4-2.ramix")
    recipe = str(built / "aromatics4-2.toml")
    result = run("evaluate", path, "--recipe", recipe, "--json")
    assert json.loads(result.stdout) == bundle.manifest.figures["generated"]


def test_development_check_reads_every_measured_group(built: Path) -> None:
    path = str(built / "out" / "aromatics4-2.ramix")
    groups = json.loads(run("evaluate", path, "--development", "--json").stdout)
    assert groups["published"]["n"] == 2
    assert groups["resampled, inferred_equal"]["n"] == 40
    assert groups["other instrument, in library"]["n"] == 1  # toluene
    assert sum(group["n"] for group in groups.values()) == 2 + 45 + 34


def test_stage_without_its_forerunner_says_which_to_run(tmp_path: Path) -> None:
    recipe = str(write_tiny_recipe(tmp_path))
    result = run("quantize", recipe, "--work", str(tmp_path))
    assert result.exit_code != 0
    assert "ramix-train fit" in result.output


def test_wilson_interval() -> None:
    low, high = Proportion(36, 40).interval
    assert (round(low, 3), round(high, 3)) == (0.769, 0.960)  # Wilson 1927, 95%
    assert Proportion(40, 40).interval[1] == 1.0
    assert Proportion(40, 40).interval[0] < 0.92
    assert str(Proportion(0, 0)) == "none"


@pytest.mark.parametrize("verb", ["references", "fit", "quantize", "export", "evaluate", "build"])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    assert f"ramix-train {verb}" in run(verb, "--help").output
