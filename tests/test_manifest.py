"""The manifest is read strictly: what is unknown, doubled or contradictory is refused."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import strict_json
from device.inference.errors import BundleError, ProductMismatch
from device.inference.golden_verdict_reader import VERDICTS
from device.inference.manifest import GoldenComponent, Task
from device.inference.manifest_reader import decode_manifest
from device.verdict.identification import Verdict
from tests.tiny_bundles import minimal_manifest


def complete() -> dict[str, Any]:
    return {
        "format": "ramix-model-3",
        "product": "ramix-785",
        **minimal_manifest(),
        "sha256": {"model": "0" * 64, "references": "1" * 64},
    }


def encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def changed(path: str, value: object) -> bytes:
    """The legal manifest with the entry at `path` (dots and indices) replaced."""
    content = complete()
    target: Any = content
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        target = target[part]
    target[last] = value
    return encoded(content)


def paths(value: object, prefix: str = "") -> list[str]:
    """Every key of every object in the manifest whose content is fixed."""
    found = []
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{prefix}{key}"
            found.append(path)
            if key not in ("rates", "provenance", "figures"):
                found += paths(inner, f"{path}.")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        found += paths(value[0], f"{prefix}0.")
    return found


def test_a_legal_manifest_decodes() -> None:
    manifest = decode_manifest(encoded(complete()))
    assert manifest.task is Task.PRESENCE_AND_DOSAGE
    assert manifest.compound_names == ("toluene", "unknown oil")
    assert manifest.grid.size == 8
    assert manifest.golden.inputs.tolist() == [list(range(8))]
    assert manifest.compounds[1].response_factor is None
    assert manifest.decide(manifest.golden.presence[0]) == ("toluene",)


@pytest.mark.parametrize("path", paths(complete()))
def test_every_missing_key_is_refused(path: str) -> None:
    content = complete()
    target: Any = content
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        target = target[part]
    del target[last]
    with pytest.raises(BundleError):
        decode_manifest(encoded(content))


@pytest.mark.parametrize("path", paths(complete()))
@pytest.mark.parametrize("value", [True, [1, {}], {"a": 1}, "\x1b[31m", -1e300, 10**400])
def test_every_wrong_type_is_refused(path: str, value: object) -> None:
    if path.split(".")[-1] in ("provenance", "figures") and isinstance(value, dict):
        return  # free objects
    if path.endswith(".rates") and value == {"a": 1}:
        return  # free rates
    with pytest.raises(BundleError):
        decode_manifest(changed(path, value))


@pytest.mark.parametrize(
    "path",
    ["", "compounds.0.", "grid.", "decision.", "decision.numbers.", "golden.", "sha256."],
)
def test_unknown_keys_are_refused(path: str) -> None:
    with pytest.raises(BundleError, match="unknown key 'surprise'"):
        decode_manifest(changed(f"{path}surprise", 1))


def test_duplicate_keys_are_refused_at_any_depth() -> None:
    text = json.dumps(complete())
    for once, twice in (
        ('"name": "minimal"', '"name": "x", "name": "minimal"'),
        ('"cas": "108-88-3"', '"cas": "71-43-2", "cas": "108-88-3"'),
        ('"seed": 1', '"seed": 1, "seed": 1'),
    ):
        assert once in text
        with pytest.raises(BundleError, match="twice"):
            decode_manifest(text.replace(once, twice).encode())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused_even_in_free_objects(number: str) -> None:
    for once in ('"seed": 1', '"resolution_cm1": 12.0', '"exact": 0.5'):
        key = once.split(":")[0]
        text = json.dumps(complete()).replace(once, f"{key}: {number}")
        with pytest.raises(BundleError):
            decode_manifest(text.encode())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "ramix-model-1"),
        ("task", "ramixnet1"),  # with dosage in the golden vectors
        ("task", "ramixnet3"),
        ("version", "1.0"),
        ("version", "١.0.0"),
        ("created_utc", "2026-11-22"),
        ("created_utc", "2026-02-30T00:00:00Z"),
        ("hardware_revisions", []),
        ("hardware_revisions", [1.0]),
        ("security_counter", 2**32),
        ("compounds", []),
        ("compounds.0.cas", "108-88-4"),
        ("compounds.0.cas", "108-88-3 "),
        ("compounds.0.name", ""),
        ("compounds.0.name", "Unknown Oil"),
        ("compounds.0.synonyms", ["UNKNOWN OIL"]),
        ("compounds.0.response_factor", 0),
        ("compounds.1.response_factor_uncertainty", 0.1),
        ("compounds.0.response_factor_uncertainty", 1.1),  # of a factor of 1
        ("compounds.1.cas", "108-88-3"),  # the other's
        ("compounds.0.sha256", "0" * 63),
        ("grid.step_cm1", 0),
        ("grid.step_cm1", 0.01),
        ("grid.step_cm1", 0.5),  # the library fit counts in cm-1
        ("grid.last_cm1", 100.0),
        ("grid.last_cm1", 9_000.0),  # 8,701 points
        ("grid.last_cm1", 308.0),  # 9 points: the golden inputs no longer fit
        ("presence_thresholds", [0.5]),
        ("presence_thresholds", [0.5, 1.1]),
        ("presence_thresholds", [0.5, 1.0]),
        ("presence_thresholds", [0.5, 0.0]),
        ("presence_thresholds", [0.95, 0.6]),  # contradicts the golden decision
        ("operators", ["LOGISTIC", "LOGISTIC"]),
        ("golden.inputs_base64", "AAEC"),
        ("golden.inputs_base64", "AAECAwQFBgc= "),
        ("golden.presence", []),
        ("golden.presence", [[0.9]]),
        ("golden.dosage", None),
        ("golden.dosage", [[1.0, 0.0], [1.0, 0.0]]),
        ("golden.tolerance", 0.5),
        ("golden.tolerance", 0.0),
        ("golden.decisions", [["unknown oil"]]),
        ("golden.decisions", [[]]),
        ("golden.decisions", []),
        ("golden_verdicts.0.counts_base64", "AAECAwQFBgcICQoLDA0O"),
        ("golden_verdicts.0.counts_base64", "AAECAwQFBgcICQoLDA0ODw== "),
        ("golden_verdicts.0.verdict", "MAYBE"),
        ("golden_verdicts.0.verdict", "UNKNOWN"),  # and names toluene
        ("golden_verdicts.1.verdict", "IDENTIFIED"),  # and names nothing
        ("golden_verdicts.0.components.0.name", "benzene"),
        ("golden_verdicts.0.components.0.cas", "71-43-2"),
        ("golden_verdicts.0.components.0.signal_share", 1.01),
        ("golden_verdicts.0.components.0.signal_share", -0.01),
        (
            "golden_verdicts.0.components",
            [{"name": "toluene", "cas": "108-88-3", "signal_share": 0.5}] * 2,
        ),
        (
            "golden_verdicts.0.components",
            [
                {"name": "toluene", "cas": "108-88-3", "signal_share": 0.6},
                {"name": "unknown oil", "cas": "", "signal_share": 0.5},
            ],
        ),
        ("golden_verdicts.0.reasons", ["Not a code."]),
        ("golden_verdicts.0.share_tolerance", 0.0),
        ("golden_verdicts.0.share_tolerance", 0.2),
        ("golden_verdicts", minimal_manifest()["golden_verdicts"] * 9),
        ("sha256.model", "0" * 63),
        ("sha256.model", "G" * 64),
        ("sha256.model", "A" * 64),
    ],
)
def test_contradictions_and_nonsense_are_refused(path: str, value: object) -> None:
    with pytest.raises(BundleError):
        decode_manifest(changed(path, value))


@pytest.mark.parametrize("older", ["ramix-model-1", "ramix-model-2"])
def test_an_older_format_is_refused_with_the_way_out(older: str) -> None:
    with pytest.raises(ProductMismatch, match=f"{older}, this software reads") as caught:
        decode_manifest(changed("format", older))
    assert "ramix-train reissue" in caught.value.remedy


def test_another_step_of_the_grid_is_refused_as_such() -> None:
    with pytest.raises(ProductMismatch, match="steps of 0.5 cm-1"):
        decode_manifest(changed("grid.step_cm1", 0.5))


def test_the_reader_knows_every_verdict() -> None:
    assert set(VERDICTS) == set(Verdict)


def test_golden_verdicts_say_what_they_are_for() -> None:
    known, unknown = decode_manifest(encoded(complete())).golden_verdicts
    assert known.counts.tolist() == [256 * (2 * n + 1) + 2 * n for n in range(8)]
    assert known.components == (GoldenComponent("toluene", "108-88-3", 0.98),)
    assert (unknown.verdict, unknown.components) == ("UNKNOWN", ())
    assert unknown.reasons == ("not_in_library",)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"\xef\xbb\xbf{}", b"\xff", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        decode_manifest(data)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_sentence(data: bytes) -> None:
    with pytest.raises(BundleError):
        decode_manifest(data)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(paths(complete())), _json)
def test_any_json_in_any_place_is_read_or_refused_with_a_sentence(path: str, value: object) -> None:
    try:
        decode_manifest(changed(path, value))
    except BundleError as error:
        assert error.text.endswith(".")


@given(_json)
def test_strict_json_reads_what_json_writes(value: object) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


def test_decoding_leaves_nothing_shared_with_the_caller() -> None:
    content = complete()
    before = copy.deepcopy(content)
    decode_manifest(encoded(content))
    assert content == before
