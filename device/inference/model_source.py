"""Which model answers: the one named; else the analyzer's own; else the configured; else ours.

A model read back from an analyzer is cached under its SHA-256. The cache is a convenience and
trusted for nothing: hash and signature are checked again on every read from it, and a damaged
entry is read back anew. Next: `device/answer/identifier.py`, which puts the bundle to work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from device import installation
from device.durable import written_whole
from device.inference.bundle import Bundle, read_bundle, read_bundle_file, require_fits
from device.inference.container import MAX_BUNDLE_SIZE
from device.inference.errors import BundleError
from device.inference.trust import TrustPolicy, default_trust_policy

if TYPE_CHECKING:  # identifying a file must not pay for loading the wire, or a log without lines
    import logging

    from firmware_bridge.messages import DeviceInfo, SlotInfo


def _log() -> logging.Logger:
    import logging

    return logging.getLogger("ramix.model")


class ModelHolder(Protocol):
    """What is needed of an analyzer here; `device.driver.analyzer.Analyzer` has it."""

    @property
    def info(self) -> DeviceInfo: ...

    def active_slot(self) -> int | None: ...

    def slot_info(self, slot: int) -> SlotInfo: ...

    def read_slot(self, slot: int) -> Iterator[bytes]: ...


def load_default(model: Path | None = None) -> Bundle:
    """The bundle `model`; else the configured one; else the shipped RaMixNet II for solvents.

    Raises:
        ModelNotFound: there is no such file.
        BundleError: it must not be used, and why.
    """
    path = model or installation.configured_model_path() or installation.default_model_path()
    return read_bundle_file(path, default_trust_policy())


def load_from_analyzer(analyzer: ModelHolder) -> Bundle:
    """The bundle in the analyzer's active slot, from the cache where it is there.

    An analyzer without a model answers with `load_default`'s; one whose model is damaged or not
    signed does not answer at all.

    Raises:
        BundleError: the model must not be used, and why.
        LinkError: it could not be read back.
    """
    slot = analyzer.active_slot()
    if slot is None:
        _log().warning("The analyzer holds no model; answering with the one of this computer.")
        bundle = load_default()
    else:
        bundle = _load_from_slot(analyzer, slot, default_trust_policy())
    require_fits(bundle.manifest, analyzer.info.product, analyzer.info.hardware_revision)
    return bundle


def read_back(
    analyzer: ModelHolder, slot: int, progress: Callable[[int], None] = lambda _: None
) -> bytes:
    """The image in a slot, whole and with the SHA-256 the analyzer states; not verified otherwise.

    Raises:
        BundleError: the bytes read are not those the analyzer hashed.
    """
    info = analyzer.slot_info(slot)
    if info.size > MAX_BUNDLE_SIZE:
        raise BundleError(f"Slot {slot_name(slot)} claims {info.size} bytes: no model is so large.")
    data = bytearray()
    for chunk in analyzer.read_slot(slot):
        data += chunk
        progress(len(data))
    if hashlib.sha256(data).digest() != info.sha256:
        raise BundleError(
            f"The model in slot {slot_name(slot)} reads back differently from what was stored.",
            remedy="Flash the model again; if it repeats, the analyzer's memory is failing.",
        )
    return bytes(data)


def slot_name(slot: int) -> str:
    """A, B, ... as people call the slots."""
    return chr(ord("A") + slot) if slot < 26 else str(slot)


def cached_bundle(sha256: bytes, trust: TrustPolicy) -> Bundle | None:
    """The cached bundle with this SHA-256, verified anew; None if there is no good one."""
    path = _cache_path(sha256)
    try:
        data = installation.read_capped(path, MAX_BUNDLE_SIZE)
    except (OSError, ValueError):
        return None
    if hashlib.sha256(data).digest() != sha256:
        _log().warning("The cached model %s is damaged; it is read again.", path)
        return None
    return read_bundle(data, trust)  # intact: if the signature fails now, it fails everywhere


def cache(data: bytes) -> None:
    """Keep a bundle; whole or not at all, and without complaint where nothing can be written."""
    path = _cache_path(hashlib.sha256(data).digest())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path, mode=0o600) as stream:
            stream.write(data)
    except OSError as error:
        _log().info("The model is not cached: %s", error)


def _load_from_slot(analyzer: ModelHolder, slot: int, trust: TrustPolicy) -> Bundle:
    bundle = cached_bundle(analyzer.slot_info(slot).sha256, trust)
    if bundle is None:
        data = read_back(analyzer, slot)
        bundle = read_bundle(data, trust)
        cache(data)
    return bundle


def _cache_path(sha256: bytes) -> Path:
    return installation.bundle_cache_dir() / f"{sha256.hex()}.ramix"
