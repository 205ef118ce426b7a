"""What lies in models/ is what the recipes beside the code make."""

import json
from pathlib import Path

import pytest

from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.installation import shipped_models_dir
from train.recipe import RECIPE_FOLDER, load_recipe, provenance_of

SHIPPED = sorted(shipped_models_dir().glob("*.ramix"))
DEFAULT_BYTES, TINY_BYTES = 160_000, 24_000  # largest network files


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_model_was_made_by_its_recipe_of_today(path: Path) -> None:
    bundle = read_bundle_file(path, default_trust_policy())
    recipe = provenance_of(load_recipe(RECIPE_FOLDER / f"{path.stem}.toml"))
    assert bundle.manifest.provenance["recipe"] == json.loads(json.dumps(recipe))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_network_keeps_its_size(path: Path) -> None:
    bundle = read_bundle_file(path, default_trust_policy())
    assert len(bundle.model) <= (TINY_BYTES if "tiny" in path.stem else DEFAULT_BYTES)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_model_has_its_card(path: Path) -> None:
    bundle = read_bundle_file(path, default_trust_policy())
    assert bundle.sha256 in path.with_suffix(".md").read_text(encoding="utf-8")
