"""`sim:` ports: what they may say, what they build, and how flash and model get in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.analyzer import Analyzer
from device.driver.port import PortSyntaxError
from device.installation import default_model_path
from device.ports import open_analyzer
from device.simulated.flash_file import FlashFile, FlashFileError
from device.simulated.port import build_analyzer
from device.simulated.spec import NONE, SimulatedPort, parse, parse_mix
from device.spectra.files.bwtek import read_bwtek
from firmware_bridge.errors import RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.messages import FrameFlags, SlotState
from firmware_bridge.simulator.scenes import EmptyScene, LampScene, SpectrumScene
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes

DATA = Path(__file__).parent.parent / "data"
FOUR_SOLVENTS = DATA / "solvents13" / "mixtures" / "FourSolvent-1.txt"
needs_model = pytest.mark.skipif(
    not default_model_path().exists(), reason="the shipped model has not been built"
)


def frame_pair(analyzer: Analyzer) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    return analyzer.acquire_frame(True).counts, analyzer.acquire_frame(False).counts


# ---- what a port may say ----


def test_an_empty_specification_is_an_empty_sample_chamber() -> None:
    assert parse("") == SimulatedPort()


def test_every_key_is_read() -> None:
    port = parse(
        "replay=a.txt&model=none&flash=f.bin&link=usb&seed=7&noise=2.5&trigger_every_s=0.5&speed=10"
        "&camera=cmos&figures=unknown&battery=20"
    )
    assert port == SimulatedPort(
        replay=Path("a.txt"),
        model=NONE,
        flash=Path("f.bin"),
        link="usb",
        seed=7,
        noise=2.5,
        trigger_every_s=0.5,
        speed=10.0,
        camera="cmos",
        figures="unknown",
        battery=20,
    )


@pytest.mark.parametrize(
    "path", ["plain.txt", "two words, [1] (2).txt", "50%.txt", "50%zz.txt", "a=b.txt", "é+ü.txt"]
)
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert parse(f"replay={path}").replay == Path(path)


def test_a_percent_encoded_path_is_decoded() -> None:
    assert parse("replay=R%26D/a%20b.txt&seed=1").replay == Path("R&D/a b.txt")


def test_a_file_whose_name_looks_encoded_is_found(tmp_path: Path) -> None:
    odd = tmp_path / "a%20b.txt"
    odd.write_text("")
    assert parse(f"replay={odd}").replay == odd


def test_a_mixture_is_read_also_where_names_hold_commas() -> None:
    assert parse("mix=1,2-Dichloroethane:0.25,n-Butanol:0.75").mix == (
        ("1,2-Dichloroethane", 0.25),
        ("n-Butanol", 0.75),
    )
    assert parse("mix=toluene").mix == (("toluene", 1.0),)


@pytest.mark.parametrize(
    "wrong",
    [
        "unknown=1",
        "replay",
        "replay=",
        "replay=R&D.txt",
        "replay=a&replay=b",
        "replay=a&mix=b:1",
        "mix=a:1&scene=lamp",
        "scene=sun",
        "link=carrier-pigeon",
        "seed=-1",
        "seed=1.5",
        "seed=²",
        "noise=1",
        "replay=a&noise=-1",
        "replay=a&noise=nan",
        "snr=10",
        "mix=a:1&snr=0",
        "mix=a:1&snr=inf",
        "mix=a:x",
        "mix=a:0",
        "mix=a:-1",
        "mix=:1",
        "mix=a:1,b",
        "speed=0",
        "camera=film",
        "figures=guessed",
        "battery=101",
        "battery=low",
        "trigger_every_s=soon",
        "replay=%00",
        "&",
    ],
)
def test_a_malformed_port_is_a_syntax_error_with_a_remedy(wrong: str) -> None:
    with pytest.raises(PortSyntaxError) as caught:
        parse(wrong)
    assert caught.value.text and caught.value.remedy


@given(text=st.text(max_size=60))
def test_any_text_is_either_a_port_or_a_syntax_error(text: str) -> None:
    for read in (parse, parse_mix):
        try:
            read(text)
        except PortSyntaxError:
            continue


# ---- what lies under the laser ----


def test_a_replay_gives_the_recorded_counts_and_axis() -> None:
    file = read_bwtek(FOUR_SOLVENTS)
    with open_analyzer(f"sim:replay={FOUR_SOLVENTS}&model=none") as analyzer:
        lit, dark = frame_pair(analyzer)
        assert np.array_equal(lit, file.raw_counts)
        assert np.array_equal(dark, file.dark_counts)
        assert analyzer.calibration() == file.calibration
        assert analyzer.state().integration_time_us == 1_000_000
        analyzer.set_integration_time_ms(500.0)
        assert np.array_equal(analyzer.acquire_frame(True).counts, np.rint(file.raw_counts / 2))


def test_a_recorded_average_is_flagged() -> None:
    averaged = next((DATA / "charisma785").glob("*5ac_1.txt"))
    with open_analyzer(f"sim:replay={averaged}&model=none") as analyzer:
        frame = analyzer.acquire_frame(True)
    assert frame.flags & FrameFlags.RECORDED_AVERAGE
    assert np.array_equal(frame.counts, np.rint(read_bwtek(averaged).raw_counts))


def test_noise_is_added_only_when_asked() -> None:
    with open_analyzer(f"sim:replay={FOUR_SOLVENTS}&model=none&noise=20&seed=1") as analyzer:
        lit, _ = frame_pair(analyzer)
    spread = (lit - read_bwtek(FOUR_SOLVENTS).raw_counts).std()
    assert spread == pytest.approx(20.0, rel=0.1)


def test_empty_and_lamp() -> None:
    for specification, kind in (("", EmptyScene), ("scene=lamp", LampScene)):
        port = parse(f"{specification}&model=none" if specification else "model=none")
        assert isinstance(build_analyzer(port, Framing.RAW).scene, kind)


@needs_model
def test_a_mixture_takes_names_and_synonyms_in_any_case() -> None:
    simulated = build_analyzer(parse("mix=TOLUENE:3,EtOH:1"), Framing.RAW)
    assert isinstance(simulated.scene, SpectrumScene)
    at_lines = simulated.scene.intensity(np.array([1004.0, 884.0]))
    assert at_lines[0] == pytest.approx(0.75, abs=0.1)  # toluene's strongest line, 3 parts of 4


@needs_model
def test_an_unknown_compound_is_named_with_those_there_are() -> None:
    with pytest.raises(PortSyntaxError, match="Toluene"):
        build_analyzer(parse("mix=unobtainium:1"), Framing.RAW)


def test_a_mixture_without_a_model_is_refused() -> None:
    with pytest.raises(PortSyntaxError, match="model"):
        build_analyzer(parse("mix=toluene:1&model=none"), Framing.RAW)


@pytest.mark.parametrize("key", ["replay", "model"])
def test_a_missing_file_is_told_in_one_sentence(key: str) -> None:
    with pytest.raises(RamixError) as caught:
        build_analyzer(parse(f"{key}=/no/such/file"), Framing.RAW)
    assert "/no/such/file" in caught.value.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("replay=a&noise=65536", "noise must be 0 to 65535"),
        ("replay=a&noise=1e300", "noise must be 0 to 65535"),
        ("mix=a:1&snr=1e-300", "snr must be 0.01 to 1e+06"),
        ("mix=a:1&snr=1e300", "snr must be 0.01 to 1e+06"),
        ("mix=a:1e-300,b:1", "the share of a must be 1e-06 to 1e+06"),
        ("mix=a:1e300,b:1", "the share of a must be 1e-06 to 1e+06"),
        ("trigger_every_s=1e-9", "trigger_every_s must be 0.001 to 86400"),
        ("trigger_every_s=1e9", "trigger_every_s must be 0.001 to 86400"),
        ("speed=1e-9", "speed must be 0.001 to 1e+06"),
        ("speed=1e300", "speed must be 0.001 to 1e+06"),
    ],
)
def test_a_number_beyond_its_bounds_is_refused(text: str, words: str) -> None:
    with pytest.raises(PortSyntaxError) as caught:
        parse(text)
    assert words in caught.value.text


def test_numbers_at_their_bounds_are_taken() -> None:
    assert parse("trigger_every_s=0&speed=0.001").trigger_every_s == 0.0
    assert parse("replay=a&noise=65535&speed=1e6&seed=999999999999999999").noise == 65_535.0


# ---- model and flash ----


@needs_model
def test_a_fresh_analyzer_has_the_default_model_in_use_in_slot_a() -> None:
    simulated = build_analyzer(parse(""), Framing.RAW)
    assert simulated.slots.active == 0
    assert simulated.slots.slots[0].size == default_model_path().stat().st_size


def test_model_none_leaves_the_slots_empty() -> None:
    assert build_analyzer(parse("model=none"), Framing.RAW).slots.active is None


def test_a_file_that_is_no_bundle_goes_into_the_slot_for_the_runtime_to_refuse(
    tmp_path: Path,
) -> None:
    rubbish = tmp_path / "rubbish.ramix"
    rubbish.write_bytes(b"rubbish")
    slots = build_analyzer(parse(f"model={rubbish}"), Framing.RAW).slots
    assert slots.active == 0 and slots.slots[0].size == 7


def test_what_was_flashed_stays_in_the_flash_file(tmp_path: Path) -> None:
    port = f"sim:model=none&flash={tmp_path / 'flash.bin'}"
    image = bytes(range(256)) * 30
    with open_analyzer(port) as analyzer:
        assert analyzer.slot_info(1).state is SlotState.EMPTY
        for _ in analyzer.upload(1, image, 3):
            pass
        analyzer.verify(1)
        analyzer.trial(1)
        analyzer.confirm(1)
    with open_analyzer(port) as analyzer:
        assert analyzer.active_slot() == 1
        assert b"".join(analyzer.read_slot(1)) == image


@needs_model
def test_a_used_flash_keeps_what_it_has(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    with open_analyzer(f"sim:flash={flash}") as analyzer:
        first = analyzer.slot_info(0)
    other = tmp_path / "other.ramix"
    other.write_bytes(b"another model")
    with open_analyzer(f"sim:flash={flash}&model={other}") as analyzer:
        assert analyzer.slot_info(0) == first


def test_a_flash_file_belongs_to_one_analyzer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    first = FlashFile.open(path)
    with pytest.raises(FlashFileError, match="in use"):
        FlashFile.open(path)
    first.close()
    FlashFile.open(path).close()


def test_a_file_that_is_no_flash_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "results.txt"
    precious.write_text("precious")
    with pytest.raises(FlashFileError, match="8 bytes"):
        FlashFile.open(precious)
    assert precious.read_text() == "precious"
    with pytest.raises(FlashFileError):
        FlashFile.open(tmp_path)
    with pytest.raises(FlashFileError):
        FlashFile.open(tmp_path / "no" / "folder")


KILLED = """
import hashlib, os, sys
from pathlib import Path
from device.simulated.flash_file import FlashFile
from firmware_bridge.simulator.slot_store import SlotStore
store = SlotStore(FlashFile.open(Path(sys.argv[1])))
image = bytes(40_000)
offset = store.begin(1, len(image), hashlib.sha256(image).digest(), 1)
while offset < 20_000:
    offset = store.write(1, offset, image[offset : offset + 4096])
os.kill(os.getpid(), 9)
"""


def test_an_upload_resumes_after_the_process_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    killed = subprocess.run([sys.executable, "-c", KILLED, path], cwd=DATA.parent, check=False)
    assert killed.returncode == -9
    flash = FlashFile.open(path)
    info = SlotStore(flash).info(1)
    flash.close()
    assert info.state is SlotState.STAGED and info.received == 20_480
    assert path.stat().st_size == flash_bytes()


def test_no_half_made_flash_file_is_left_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(data[:100])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FlashFileError, match="No space"):
        FlashFile.open(tmp_path / "flash.bin")
    assert list(tmp_path.iterdir()) == []


# ---- the links ----


@pytest.mark.parametrize("link", ["inproc", "tcp", "pty", "usb"])
def test_every_link_leads_to_the_same_analyzer(link: str, tmp_path: Path) -> None:
    path = tmp_path / "a sample, [1].txt"
    shutil.copy(FOUR_SOLVENTS, path)
    flash = tmp_path / "flash.bin"
    for _ in range(2):  # closing releases everything: the same flash opens again
        port = f"sim:replay={path}&model=none&link={link}&speed=100&flash={flash}"
        with open_analyzer(port) as analyzer:
            lit, dark = frame_pair(analyzer)
        assert lit.max() == 12_818 and dark.max() == 596


def test_a_wait_for_the_trigger_ends_by_itself() -> None:
    with open_analyzer("sim:model=none") as analyzer:
        assert analyzer.wait_trigger(5.0) is not None
    with open_analyzer("sim:model=none&trigger_every_s=0") as analyzer:
        assert analyzer.wait_trigger(5.0) is None
