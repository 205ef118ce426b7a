"""The archive installs the program where there is no network, and takes it away again."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from device.version import VERSION
from tools.build_archive import SUMS, ArchiveNotMade, package_for

PYTHON = f"3.{sys.version_info.minor}"
DEMO = Path(__file__).resolve().parent.parent / "data/solvents13/mixtures/FourSolvent-1.txt"


def without_network() -> list[str]:
    """A namespace without any interface, where this machine lets us make one."""
    asked = ["unshare", "--user", "--map-root-user", "--net"]
    if (
        shutil.which("unshare")
        and subprocess.run([*asked, "true"], capture_output=True).returncode == 0
    ):
        return asked
    return []


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("archive")
    import platform

    try:
        _, archive = package_for(platform.machine(), PYTHON, place)
    except ArchiveNotMade as error:
        pytest.skip(error.text)
    with tarfile.open(archive) as packed:
        packed.extractall(place)  # our own; filters came with Python 3.11.4
    (folder,) = (path for path in place.iterdir() if path.is_dir())
    return folder


def install(
    folder: Path, *words: str, python: str = sys.executable
) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "PYTHON": python}
    return subprocess.run(
        [*without_network(), str(folder / "install.sh"), *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_it_installs_runs_and_is_removed(unpacked: Path, tmp_path: Path) -> None:
    where = ["--prefix", str(tmp_path / "opt"), "--link", str(tmp_path / "bin")]
    done = install(unpacked, *where, "--no-service")
    assert done.returncode == 0, done.stderr
    assert f"ramix {VERSION}" in done.stdout
    answer = subprocess.run(
        [tmp_path / "bin" / "ramix", "identify", "--file", DEMO, "--json"],
        env={"PATH": os.environ["PATH"], "RAMIX_HOME": str(tmp_path / "home")},
        cwd=tmp_path,  # not the checkout: the installed packages and models answer
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0 and '"IDENTIFIED"' in answer.stdout, answer.stderr
    assert (tmp_path / "opt/share/man/man1/ramix-identify.1").is_file()
    assert (tmp_path / "opt/share/doc/ramix/docs/guide.md").is_file()
    assert (
        "_RAMIX_COMPLETE" in (tmp_path / "opt/share/bash-completion/completions/ramix").read_text()
    )
    removed = install(unpacked, "--remove", *where)
    assert removed.returncode == 0 and not (tmp_path / "opt").exists()
    assert not list((tmp_path / "bin").iterdir())


def test_a_folder_that_holds_something_else_is_left_alone(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    for words in (["--no-service"], ["--remove"]):
        done = install(unpacked, *words, "--prefix", str(tmp_path), "--link", str(tmp_path / "bin"))
        assert done.returncode == 1 and "Error: " in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_damaged_archive_installs_nothing(unpacked: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(unpacked, tmp_path / "copy", copy_function=os.link)
    (copy / "requirements.txt").unlink()
    (copy / "requirements.txt").write_text("something else\n")
    done = install(copy, "--no-service", "--prefix", str(tmp_path / "opt"))
    assert done.returncode == 1 and "damaged" in done.stderr
    assert not (tmp_path / "opt").exists()


def test_every_file_is_in_the_list_of_hashes(unpacked: Path) -> None:
    listed = {line.split("  ", 1)[1] for line in (unpacked / SUMS).read_text().splitlines()}
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert files - listed == {SUMS}


def test_another_python_is_told_which_one_is_meant(unpacked: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(unpacked, tmp_path / "copy", copy_function=os.link)
    (copy / "PYTHONS").unlink()
    (copy / "PYTHONS").write_text("cp399\n")
    sums = (copy / SUMS).read_text().splitlines()
    (copy / SUMS).unlink()
    (copy / SUMS).write_text("\n".join(line for line in sums if "PYTHONS" not in line) + "\n")
    done = install(copy, "--no-service", "--prefix", str(tmp_path / "opt"))
    assert done.returncode == 1 and "cp399" in done.stderr
    assert not (tmp_path / "opt").exists()
