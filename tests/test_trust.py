"""Who may sign: m of n, the demo root, and refusal when the trust state is missing."""

import json
from pathlib import Path

import pytest

from device import installation
from device.inference.errors import SignatureError, TrustError
from device.inference.trust import (
    DEMO_KEY_ID,
    SIGNED_PREFIX,
    Signature,
    SigningKey,
    TrustPolicy,
    default_trust_policy,
    demo_signing_key,
)
from tests.tiny_bundles import policy_of

MANIFEST = b'{"some": "manifest"}'
KEYS = [SigningKey.generate() for _ in range(3)]


def trust_json(threshold: int = 1, **changes: object) -> bytes:
    keys = {key.key_id: key.public_key.hex() for key in KEYS}
    content = {"format": "ramix-trust-1", "threshold": threshold, "keys": keys} | changes
    return json.dumps(content).encode()


def test_two_of_three_need_two_different_keys() -> None:
    policy = policy_of(2, *KEYS)
    first, second = KEYS[0].sign(MANIFEST), KEYS[2].sign(MANIFEST)
    assert policy.verify(MANIFEST, [first, second]) == (KEYS[0].key_id, KEYS[2].key_id)
    with pytest.raises(SignatureError, match="1 of the 2"):
        policy.verify(MANIFEST, [first])


def test_the_same_key_twice_counts_once() -> None:
    with pytest.raises(SignatureError, match="1 of the 2"):
        policy_of(2, *KEYS).verify(MANIFEST, [KEYS[0].sign(MANIFEST)] * 2)


def test_unsigned_and_strangers_signature_are_refused() -> None:
    policy, stranger = policy_of(1, *KEYS), SigningKey.generate()
    with pytest.raises(SignatureError, match="not signed"):
        policy.verify(MANIFEST, [])
    with pytest.raises(SignatureError, match=stranger.key_id):
        policy.verify(MANIFEST, [stranger.sign(MANIFEST)])


def test_a_stranger_beside_enough_trusted_keys_does_no_harm() -> None:
    signatures = [SigningKey.generate().sign(MANIFEST), KEYS[1].sign(MANIFEST)]
    assert policy_of(1, *KEYS).verify(MANIFEST, signatures) == (KEYS[1].key_id,)


def test_a_strangers_signature_under_a_trusted_name_is_refused() -> None:
    forged = Signature(KEYS[0].key_id, SigningKey.generate().sign(MANIFEST).value)
    with pytest.raises(SignatureError, match="altered"):
        policy_of(1, *KEYS).verify(MANIFEST, [forged])


def test_a_broken_signature_refuses_even_beside_enough_good_ones() -> None:
    good = KEYS[0].sign(MANIFEST)
    broken = Signature(KEYS[1].key_id, bytes(64))
    with pytest.raises(SignatureError, match="altered"):
        policy_of(1, *KEYS).verify(MANIFEST, [good, broken])


def test_a_signature_over_the_bare_manifest_does_not_fit_a_model() -> None:
    bare = Signature(KEYS[0].key_id, KEYS[0].private_key.sign(MANIFEST))
    prefixed = Signature(KEYS[0].key_id, KEYS[0].private_key.sign(SIGNED_PREFIX + MANIFEST))
    policy = policy_of(1, *KEYS)
    with pytest.raises(SignatureError):
        policy.verify(MANIFEST, [bare])
    assert policy.verify(MANIFEST, [prefixed])


def test_trust_file_round_trip() -> None:
    policy = TrustPolicy.from_json(trust_json(2), "here")
    assert policy.threshold == 2
    assert set(policy.keys) == {key.key_id for key in KEYS}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        trust_json(0),
        trust_json(4),
        trust_json(1, keys={}),
        trust_json(1, keys={KEYS[0].key_id: "zz"}),
        trust_json(1, keys={KEYS[0].key_id: KEYS[1].public_key.hex()}),
        trust_json(1, keys={KEYS[0].key_id: KEYS[0].public_key.hex()[:-2]}),
        trust_json(1, format="ramix-trust-3"),
        trust_json(1, format="ramix-trust-2"),  # without its number
        trust_json(1, format="ramix-trust-2", sequence=0),
        trust_json(1, format="ramix-trust-2", sequence=True),
        trust_json(1, format="ramix-trust-2", sequence=2**31),
        trust_json(1, sequence=1),
        trust_json(1, format="ramix-trust-2", sequence=1, not_after="tomorrow"),
        trust_json(1, format="ramix-trust-2", sequence=1, not_after="2030-13-01T00:00:00Z"),
        trust_json(1, format="ramix-trust-2", sequence=1, not_after=""),
        trust_json(1, extra=1),
        trust_json()[:-1] + b',"threshold": 1}',
        trust_json()[:-20],
        trust_json(True),
    ],
    ids=lambda _data: "",  # keys are drawn anew: no name that differs between two processes
)
def test_damaged_trust_file_trusts_nobody(data: bytes) -> None:
    with pytest.raises(TrustError):
        TrustPolicy.from_json(data, "here")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    return tmp_path


def test_an_unconfigured_machine_trusts_the_shipped_demo_root(home: Path) -> None:
    assert list(default_trust_policy().keys) == [DEMO_KEY_ID]


def test_the_demo_key_is_the_one_the_tools_warn_about() -> None:
    assert demo_signing_key().key_id == DEMO_KEY_ID


def test_the_system_trust_file_comes_before_the_users(home: Path) -> None:
    for name, threshold in (("etc", 2), ("config", 3)):
        (home / name).mkdir()
        (home / name / "trust.json").write_bytes(trust_json(threshold))
    assert default_trust_policy().threshold == 2
    (home / "etc" / "trust.json").unlink()
    (home / "etc").rmdir()
    assert default_trust_policy().threshold == 3


def test_a_lost_trust_file_is_refused_and_never_starts_fresh(home: Path) -> None:
    (home / "etc").mkdir()
    with pytest.raises(TrustError, match=r"trust\.json"):
        default_trust_policy()


def test_a_damaged_or_dangling_user_trust_file_is_refused(home: Path) -> None:
    (home / "config").mkdir()
    path = home / "config" / "trust.json"
    path.write_bytes(trust_json()[:40])
    with pytest.raises(TrustError, match="damaged"):
        default_trust_policy()
    path.unlink()
    path.symlink_to(home / "gone.json")
    with pytest.raises(TrustError, match="cannot be read"):
        default_trust_policy()


def test_a_missing_shipped_root_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "shipped_models_dir", lambda: home / "nowhere")
    with pytest.raises(TrustError):
        default_trust_policy()


def test_signing_key_round_trip_and_refusals(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(KEYS[0].to_pem())
    assert SigningKey.from_file(path).key_id == KEYS[0].key_id
    path.write_bytes(b"no key")
    with pytest.raises(TrustError):
        SigningKey.from_file(path)
    with pytest.raises(TrustError):
        SigningKey.from_file(tmp_path / "missing.pem")
