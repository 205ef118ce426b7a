"""The command that counts right verdicts over every link counts right, also on the C firmware."""

from pathlib import Path

import pytest

from device.installation import default_model_path
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.every_link import Sample, identified, measured, port_of

pytestmark = pytest.mark.skipif(
    not default_model_path().exists(), reason="the shipped model has not been built"
)
TWO = Sample("toluene:0.5,ethanol:0.5", 50)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)
def test_the_c_firmware_plays_a_mixture_that_is_identified(tmp_path: Path) -> None:
    with port_of("c", TWO, seed=1, speed=1.0, folder=tmp_path) as port:
        answer = identified(port)
    assert answer["verdict"] == "IDENTIFIED"
    assert {one["name"].lower() for one in answer["components"]} == TWO.names
    assert answer["settings"]["exposure"] == "found"  # its noise makes it no recording to the host


def test_a_wrong_name_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured("inproc", TWO, 1, 1.0, tmp_path)
    monkeypatch.setattr(Sample, "names", {"toluene"})
    assert not measured("inproc", TWO, 1, 1.0, tmp_path)
