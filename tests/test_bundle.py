"""The container: every byte accounted for, nothing parsed before the signature holds."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.inference import bundle as bundle_module
from device.inference.bundle import (
    read_bundle,
    read_bundle_file,
    require_fits,
    require_not_older,
)
from device.inference.bundle_writer import write_bundle
from device.inference.container import HEADER_SIZE, MAX_BUNDLE_SIZE, Container
from device.inference.errors import (
    BundleError,
    ModelNotFound,
    ProductMismatch,
    SignatureError,
    VersionTooOld,
)
from device.inference.trust import SigningKey, default_trust_policy
from tests.tiny_bundles import (
    minimal_bundle,
    minimal_manifest,
    minimal_references,
    policy_of,
    tiny_bundle,
    tiny_path,
    tiny_variant,
    with_digests,
)

KEYS = [SigningKey.generate() for _ in range(3)]
TRUST = policy_of(1, *KEYS)
DATA = minimal_bundle(KEYS[:1])


def test_write_then_read() -> None:
    bundle = read_bundle(DATA, TRUST)
    assert bundle.manifest.name == "minimal"
    assert bundle.model == b"no network"
    np.testing.assert_array_equal(bundle.references, minimal_references())
    assert bundle.signed_by == (KEYS[0].key_id,)
    assert not bundle.demo_signed


def test_parse_then_build_reproduces_the_file() -> None:
    for data in (DATA, minimal_bundle(KEYS), tiny_path(1).read_bytes(), tiny_path(2).read_bytes()):
        assert Container.from_bytes(data).to_bytes() == data


def test_same_content_and_key_give_the_same_bytes() -> None:
    assert minimal_bundle(KEYS[:1]) == DATA


def test_committed_bundles_are_signed_by_the_demo_key_and_say_so() -> None:
    assert tiny_bundle(1).demo_signed
    assert tiny_bundle(2).demo_signed


def test_every_single_bit_flip_is_refused() -> None:
    survivors = []
    damaged = bytearray(DATA)
    for position in range(len(DATA)):
        for bit in range(8):
            damaged[position] ^= 1 << bit
            try:
                read_bundle(bytes(damaged), TRUST)
                survivors.append((position, bit))
            except BundleError:
                pass
            damaged[position] ^= 1 << bit
    assert survivors == []
    assert read_bundle(bytes(damaged), TRUST)  # undamaged again: the loop tested what it says


def test_every_truncation_and_any_trailing_byte_is_refused() -> None:
    for size in range(len(DATA)):
        with pytest.raises(BundleError):
            read_bundle(DATA[:size], TRUST)
    for extra in (b"\0", b"\n", DATA):
        with pytest.raises(BundleError, match="foreign bytes"):
            read_bundle(DATA + extra, TRUST)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_give_a_sentence(data: bytes) -> None:
    for candidate in (data, DATA[:HEADER_SIZE] + data, DATA[:12] + data):
        with pytest.raises(BundleError):
            read_bundle(candidate, TRUST)


def test_nothing_is_parsed_before_the_signature_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_run(*_: object) -> object:
        raise AssertionError("parsed before trusted")

    monkeypatch.setattr(bundle_module, "decode_manifest", must_not_run)
    monkeypatch.setattr(bundle_module, "_references", must_not_run)
    with pytest.raises(SignatureError):
        read_bundle(DATA, policy_of(1, SigningKey.generate()))
    with pytest.raises(AssertionError):  # negative control: the trap is armed
        read_bundle(DATA, TRUST)


def test_swapped_parts_of_two_good_bundles_are_refused() -> None:
    rows = minimal_references()[::-1]
    other_manifest = with_digests(minimal_manifest() | {"name": "other"}, rows)
    other = Container.from_bytes(write_bundle(other_manifest, b"another one", rows, KEYS[:1]))
    good = Container.from_bytes(DATA)
    mixed = Container(good.signatures, good.manifest, other.model, good.references)
    with pytest.raises(BundleError, match="network"):
        read_bundle(mixed.to_bytes(), TRUST)
    mixed = Container(good.signatures, good.manifest, good.model, other.references)
    with pytest.raises(BundleError, match="reference"):
        read_bundle(mixed.to_bytes(), TRUST)
    mixed = Container(other.signatures, good.manifest, good.model, good.references)
    with pytest.raises(SignatureError):
        read_bundle(mixed.to_bytes(), TRUST)


def test_swapped_labels_are_refused() -> None:
    good = Container.from_bytes(DATA)
    manifest = json.loads(good.manifest)
    manifest["compounds"].reverse()
    swapped = Container(good.signatures, json.dumps(manifest).encode(), good.model, good.references)
    with pytest.raises(SignatureError, match="altered"):
        read_bundle(swapped.to_bytes(), TRUST)


def test_two_of_three() -> None:
    policy = policy_of(2, *KEYS)
    assert len(read_bundle(minimal_bundle(KEYS[:2]), policy).signed_by) == 2
    for signers in ([KEYS[0]], [KEYS[0], KEYS[0]], [KEYS[0], SigningKey.generate()], []):
        with pytest.raises(SignatureError):
            read_bundle(minimal_bundle(signers), policy)


@pytest.mark.parametrize(
    "references",
    [
        minimal_references() * 2,
        minimal_references()[:1],
        np.full((2, 8), np.nan, dtype=np.float32),
        np.zeros((2, 8), dtype=np.float32),
    ],
)
def test_references_that_are_none_are_refused_when_writing(
    references: npt.NDArray[np.float32],
) -> None:
    with pytest.raises(BundleError, match="reference spectra"):
        write_bundle(minimal_manifest(), b"x", references, KEYS[:1])


def test_writing_refuses_what_reading_would() -> None:
    for manifest in (
        minimal_manifest() | {"surprise": 1},
        minimal_manifest() | {"figures": {"exact": float("nan")}},
        minimal_manifest() | {"figures": {"exact": np.float32(1)}},
    ):
        with pytest.raises(BundleError):
            write_bundle(manifest, b"x", minimal_references(), KEYS[:1])
    with pytest.raises(BundleError, match="at most"):
        write_bundle(minimal_manifest(), b"", minimal_references(), KEYS[:1])


def test_another_preprocessing_is_refused() -> None:
    with pytest.raises(ProductMismatch, match="preprocessing"):
        write_bundle(
            minimal_manifest() | {"preprocessing_id": "other"}, b"x", minimal_references(), KEYS
        )


def test_fit_to_product_and_hardware() -> None:
    manifest = read_bundle(DATA, TRUST).manifest
    require_fits(manifest, "ramix-785", 1)
    with pytest.raises(ProductMismatch, match="hardware revision"):
        require_fits(manifest, "ramix-785", 2)
    with pytest.raises(ProductMismatch, match="ramix-532"):
        require_fits(manifest, "ramix-532", 1)


def test_older_security_counter_is_refused_and_the_same_is_not() -> None:
    bundle = read_bundle(tiny_variant(security_counter=4), default_trust_policy())
    require_not_older(bundle.manifest, 4)
    with pytest.raises(VersionTooOld, match="4.*5"):
        require_not_older(bundle.manifest, 5)


def test_missing_huge_and_foreign_files_give_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="No such file"):
        read_bundle_file(tmp_path / "none.ramix", TRUST)
    with pytest.raises(ModelNotFound):
        read_bundle_file(tmp_path, TRUST)
    huge = tmp_path / "huge.ramix"
    with huge.open("wb") as stream:
        stream.truncate(MAX_BUNDLE_SIZE + 1)
    with pytest.raises(BundleError, match="larger"):
        read_bundle_file(huge, TRUST)
    with pytest.raises(BundleError, match="not a model bundle"):
        read_bundle_file(Path(__file__), TRUST)
