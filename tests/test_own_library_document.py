"""The chemist's page names every key, and its example is a legal file."""

import dataclasses
import re
import tomllib
from pathlib import Path

import click
import pytest

from train.cli.main import cli
from train.library.file import CompoundEntry, LibraryFile, read_library_file
from train.validation.truth_table import parse_truth

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "own-library.md").read_text()


@pytest.mark.parametrize("described", [LibraryFile, CompoundEntry])
def test_every_key_is_explained(described: type) -> None:
    keys = {field.name for field in dataclasses.fields(described)}
    explained = set(re.findall(r"`\[*([a-z_0-9]+)\]*`", TEXT.split("### Every key")[1]))
    assert keys <= explained


def test_the_example_is_a_legal_file(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "example.toml"
    path.write_text(example)
    assert tomllib.loads(example)
    assert [entry.name for entry in read_library_file(path).compound] == [
        "ethyl acetate",
        "acetone",
    ]


def test_the_example_of_a_truth_table_is_a_legal_one() -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    table = parse_truth(example.split("\n"))
    assert not table.problems
    assert [len(row.parts) for row in table.rows] == [2, 2, 3]


def test_every_training_command_in_it_exists() -> None:
    verbs = set(re.findall(r"^ramix-train (\w+)", TEXT, re.MULTILINE))
    assert verbs == {"references", "build", "validate", "response"}
    assert all(cli.get_command(click.Context(cli), verb) for verb in verbs)
