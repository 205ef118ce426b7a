"""Who trains together: checked before anything is started, and without TensorFlow."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_streams import with_streams
from train.cli.main import cli
from train.network.cluster import ClusterError, cluster_of, spread
from train.network.launch import local_workers

ROOT = Path(__file__).resolve().parent.parent


def test_every_machine_gives_the_same_list_and_its_own_index() -> None:
    cluster = cluster_of("alpha:2222, beta.lab.example:2222,[fe80::1]:2223", 1)
    assert cluster.addresses == ("alpha:2222", "beta.lab.example:2222", "[fe80::1]:2223")
    assert not cluster.leads
    assert cluster_of("alpha:2222,beta:2222", 0).leads


@pytest.mark.parametrize(
    ("addresses", "index", "reason"),
    [
        ("alpha:2222", 0, "two or more"),
        ("alpha:2222,alpha:2222", 0, "different"),
        ("alpha:2222,beta", 0, "'beta' is not HOST:PORT"),
        ("alpha:2222,beta:0", 0, "not HOST:PORT"),
        ("alpha:2222,beta:65536", 0, "not HOST:PORT"),
        ("alpha:2222,", 0, "'' is not HOST:PORT"),
        ("alpha:2222,be ta:1", 0, "not HOST:PORT"),
        ("alpha:2222,beta:2222", 2, "0 to 1"),
        ("alpha:2222,beta:2222", -1, "0 to 1"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(addresses: str, index: int, reason: str) -> None:
    with pytest.raises(ClusterError, match=reason):
        cluster_of(addresses, index)


def test_a_recipe_gets_as_many_streams_as_workers_unless_it_has_enough() -> None:
    assert spread(with_streams(1), 2).training.streams == 2
    assert spread(with_streams(8), 2) == with_streams(8)
    for streams, workers in ((8, 3), (1, 3)):  # of 16 spectra a batch
        with pytest.raises(ClusterError, match="cannot share"):
            spread(with_streams(streams), workers)


@pytest.mark.parametrize(
    "options",
    [
        ["--cluster", "alpha:2222,beta:2222"],
        ["--index", "0"],
        ["--workers", "2", "--cluster", "alpha:2222,beta:2222", "--index", "0"],
    ],
)
def test_options_that_contradict_each_other_are_refused(options: list[str]) -> None:
    result = CliRunner().invoke(cli, ["fit", "aromatics4-2", *options])
    assert result.exit_code == 2
    assert "--cluster" in result.output


def test_the_help_shows_how_to_start_several() -> None:
    for verb in ("fit", "build"):
        text = CliRunner().invoke(cli, [verb, "--help"]).output
        assert "--workers" in text
        assert "--cluster" in text
    text = CliRunner().invoke(cli, ["fit", "--help"]).output
    assert "ramix-train fit solvents13-2 --workers 2" in text
    assert "--index 1" in text


def test_workers_that_are_left_alone_are_ended() -> None:
    with pytest.raises(KeyError), local_workers(with_streams(2), 2) as leader:
        assert leader.leads
        assert len(set(leader.addresses)) == 2
        assert len(multiprocessing.active_children()) == 1
        raise KeyError("the leader fails")
    assert not multiprocessing.active_children()


def test_a_training_that_is_alone_loads_nothing_of_this() -> None:
    program = """
import sys
import train.cli.fit_display, train.cli.main
def loaded():
    heavy = ("train.network.workers", "train.network.cluster")
    print(*sorted(name for name in sys.modules if name in heavy), ".")
loaded()
import train.network.cluster
loaded()
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert finished.stdout.splitlines() == [".", "train.network.cluster ."], finished.stderr
