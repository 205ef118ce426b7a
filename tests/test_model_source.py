"""Which model answers, and a cache that is trusted for nothing."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device import installation
from device.inference.errors import (
    BundleError,
    ModelNotFound,
    ProductMismatch,
    SignatureError,
    TrustError,
)
from device.inference.model_source import load_default, load_from_analyzer, read_back
from device.inference.trust import SigningKey
from firmware_bridge.messages import DeviceInfo, SlotInfo, SlotState
from tests.tiny_bundles import tiny_path, tiny_variant

INFO = DeviceInfo("ramix-785", 1, "T-1", "1.0", 1)


class Holder:
    """An analyzer with one model in slot B; counts how often it is read."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.info = INFO
        self.reads = 0
        self.stated_sha256: bytes | None = None

    def active_slot(self) -> int | None:
        return None if self.data is None else 1

    def slot_info(self, slot: int) -> SlotInfo:
        data = self.data or b""
        sha256 = self.stated_sha256 or hashlib.sha256(data).digest()
        return SlotInfo(slot, SlotState.CONFIRMED, len(data), sha256, 1, len(data), True)

    def read_slot(self, slot: int) -> Iterator[bytes]:
        self.reads += 1
        data = self.data or b""
        for offset in range(0, len(data), 4096):
            yield data[offset : offset + 4096]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the shipped default model."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in ("demo_root.json", "DEMO_KEY_do_not_use.pem"):
        (folder / name).write_bytes((installation.shipped_models_dir() / name).read_bytes())
    (folder / "solvents13-2.ramix").write_bytes(tiny_variant(name="shipped"))
    monkeypatch.setattr(installation, "shipped_models_dir", lambda: folder)
    return folder


def test_named_before_configured_before_shipped(home: Path, shipped: Path) -> None:
    assert load_default().manifest.name == "shipped"
    (home / "config").mkdir()
    (home / "config" / "model.ramix").write_bytes(tiny_variant(name="configured"))
    assert load_default().manifest.name == "configured"
    assert load_default(tiny_path(1)).manifest.name == "tiny-1"


def test_a_named_or_configured_model_that_is_gone_is_an_error(home: Path, shipped: Path) -> None:
    with pytest.raises(ModelNotFound):
        load_default(home / "none.ramix")
    (home / "config").mkdir()
    (home / "config" / "model.ramix").symlink_to(home / "gone.ramix")
    with pytest.raises(ModelNotFound):
        load_default()


def test_the_analyzers_own_model_is_read_once_and_then_cached() -> None:
    holder = Holder(tiny_path(2).read_bytes())
    for _ in range(3):
        assert load_from_analyzer(holder).manifest.name == "tiny-2"
    assert holder.reads == 1


def test_a_damaged_cache_entry_is_read_anew() -> None:
    holder = Holder(tiny_path(2).read_bytes())
    load_from_analyzer(holder)
    (entry,) = installation.bundle_cache_dir().iterdir()
    for damaged in (b"", entry.read_bytes()[:-1], tiny_path(1).read_bytes()):
        entry.write_bytes(damaged)
        assert load_from_analyzer(holder).manifest.name == "tiny-2"
        assert entry.read_bytes() == holder.data
    assert holder.reads == 4


def test_a_cached_model_is_refused_when_it_is_trusted_no_longer(home: Path) -> None:
    holder = Holder(tiny_path(2).read_bytes())
    load_from_analyzer(holder)
    (home / "etc").mkdir()
    with pytest.raises(TrustError):
        load_from_analyzer(holder)


def test_without_a_writable_cache_the_model_still_answers(home: Path) -> None:
    (home / "cache").write_text("a file where the folder should be")
    holder = Holder(tiny_path(2).read_bytes())
    assert load_from_analyzer(holder).manifest.name == "tiny-2"
    assert load_from_analyzer(holder).manifest.name == "tiny-2"
    assert holder.reads == 2


def test_an_analyzer_without_a_model_answers_with_the_computers(
    shipped: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_from_analyzer(Holder(None)).manifest.name == "shipped"
    assert "holds no model" in caplog.text


def test_a_model_not_signed_for_this_computer_does_not_answer(shipped: Path) -> None:
    with pytest.raises(SignatureError):
        load_from_analyzer(Holder(tiny_variant(signers=[SigningKey.generate()])))
    assert not installation.bundle_cache_dir().exists()


def test_a_model_for_other_hardware_does_not_answer() -> None:
    holder = Holder(tiny_path(2).read_bytes())
    holder.info = replace(INFO, hardware_revision=9)
    with pytest.raises(ProductMismatch):
        load_from_analyzer(holder)


def test_bytes_that_are_not_what_the_analyzer_hashed_are_refused() -> None:
    holder = Holder(tiny_path(2).read_bytes())
    holder.stated_sha256 = bytes(32)
    with pytest.raises(BundleError, match="reads back differently"):
        read_back(holder, 1)
    with pytest.raises(BundleError, match="slot B"):
        load_from_analyzer(holder)


def test_shipped_models_are_found_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (installation.shipped_models_dir() / "demo_root.json").is_file()
    monkeypatch.setattr(installation, "__file__", "/nowhere/device/installation.py")
    assert installation.shipped_models_dir().parts[-3:] == ("share", "ramix-edge", "models")
