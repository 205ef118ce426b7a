"""A whole search on this machine: killed, gone on with, ended; nothing of it stays behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from train.recipe import RECIPE_FOLDER

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 240.0  # a loaded machine takes ten times as long as an idle one

TINY = {
    "batch = 256": "batch = 16",
    "filters = [16, 32, 32]": "filters = [8, 8]",
    "sizes = [17, 9, 5]": "sizes = [9, 5]",
    "strides = [4, 4, 3]": "strides = [8, 6]",
    "dense = 64": "dense = 48",
    "spectra = 4000": "spectra = 50",
}

pytest.importorskip("ray.tune")


@dataclass
class Searcher:
    """Starts searches whose processes carry a mark."""

    folder: Path
    scratch: str

    @property
    def results(self) -> Path:
        return self.folder / "work" / "aromatics4-2"

    def start(self, *options: str) -> subprocess.Popen[str]:
        arguments = ["search", str(self.folder / "aromatics4-2.toml"), "--work"]
        arguments += [str(self.folder / "work"), *options]
        return subprocess.Popen(
            [sys.executable, "-m", "train.cli.main", *arguments],
            cwd=ROOT,
            # Ray's sockets need a short path, which pytest's folders do not have
            env=os.environ | {"TMPDIR": self.scratch, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self) -> list[str]:
        """What still runs of it: everything inherits the folder for scratch."""
        mark, found = f"TMPDIR={self.scratch}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found.append((process / "comm").read_text())
            except OSError:
                continue  # ended meanwhile
        return found

    def wait_until_gone(self) -> list[str]:
        deadline = time.monotonic() + PATIENCE_S
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.processes()


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("search")
    text = (RECIPE_FOLDER / "aromatics4-2.toml").read_text()
    for old, new in TINY.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "aromatics4-2.toml").write_text(text)
    scratch = tempfile.mkdtemp(prefix="rs-")
    yield Searcher(folder, scratch)
    shutil.rmtree(scratch, ignore_errors=True)


# One trial at a time, so that the first has ended when the second begins.
OPTIONS = ("--trials", "2", "--steps", "6", "--finalists", "0", "--cpus-per-trial")


def test_a_killed_search_goes_on_and_leaves_nothing_running(searcher: Searcher) -> None:
    options = (*OPTIONS, str(os.cpu_count()))
    killed = searcher.start(*options)
    assert killed.stdout is not None
    with killed.stdout:
        lines = iter(killed.stdout.readline, "")
        assert any(line.startswith("trials 0: exact match") for line in lines)
        assert searcher.processes()
        killed.kill()
    killed.wait()
    assert searcher.wait_until_gone() == []
    first = searcher.results / "checkpoints" / "trials" / "0.npz"
    trained = first.stat().st_mtime_ns

    output, _ = searcher.start(*options).communicate(timeout=PATIENCE_S)

    assert "[network]\nfilters = [8, 8]" in output
    assert "trials 1: exact match" in output
    assert first.stat().st_mtime_ns == trained  # not again
    found = json.loads((searcher.results / "search.json").read_text())
    assert [trial["number"] for trial in found["trials"]] == [0, 1]
    assert found["trials"][0]["state"] == "finished"
    assert found["trials"][0]["exact"]["n"] == 50
    assert (searcher.results / "search.md").exists()
    assert (searcher.results / "search.png").exists()
    assert searcher.wait_until_gone() == []


def test_where_no_cluster_answers_that_is_said(searcher: Searcher) -> None:
    searched = searcher.start("--address", "127.0.0.1:1", "--fresh")
    output, _ = searched.communicate(timeout=PATIENCE_S)
    assert searched.returncode == 1
    assert "Ray is not reached at 127.0.0.1:1" in output
