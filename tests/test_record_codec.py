"""Codecs of records: what goes in comes out, and no bytes from outside end in a defect."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.inference.trust import SigningKey
from device.records.about import LONGEST, About, AboutRefused
from device.records.arrays import pack_arrays
from device.records.content import (
    Record,
    about_of,
    event_content,
    parse_body,
    search_text,
    why_misshapen,
)
from device.records.errors import RecordStoreError
from device.records.head import Head, canonical, head_code, head_from_json, key_from_hex
from device.records.retention import ranges_of
from device.records.store import RecordStore
from firmware_bridge.errors import CallerError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)  # fmt: skip
# Bodies as a forger may write them: the right keys, anything below them.
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "result": st.fixed_dictionaries(
            {}, optional={"verdict": JSON, "components": JSON, "reasons": JSON, "model": JSON}
        )
        | JSON,
        "arrays": st.dictionaries(
            st.text(max_size=3),
            st.fixed_dictionaries(
                {},
                optional={
                    "dtype": st.sampled_from(["<f8", "|b1", "O", "x", "<U9", ""]) | JSON,
                    "shape": st.lists(st.integers(-2, 10**12), max_size=3) | JSON,
                    "offset": st.integers(-(10**9), 10**9) | JSON,
                    "length": st.integers(-5, 100) | JSON,
                },
            )
            | JSON,
            max_size=2,
        )
        | JSON,
        "about": st.dictionaries(st.sampled_from(["operator", "sample", "x"]), JSON) | JSON,
        "measurement": JSON,
        "hazards": JSON,
    },
)
KEY = SigningKey.generate()


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        hnp.arrays(
            st.sampled_from([np.float64, np.float32, np.uint16, np.uint8, np.bool_]),
            hnp.array_shapes(max_dims=2, max_side=4),
        ),
        max_size=2,
    )
)
@settings(max_examples=25)
def test_arrays_come_back_as_they_were(arrays: dict[str, Any]) -> None:
    data, index = pack_arrays(arrays)
    record = Record("", "", {"arrays": json.loads(json.dumps(index))}, data)
    assert set(record.array_names) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(record.array(name), array)
        assert record.array(name).dtype == array.dtype.newbyteorder("<")


@given(BODIES, st.binary(max_size=40))
def test_no_body_of_a_forger_is_more_than_a_problem(body: dict[str, Any], data: bytes) -> None:
    assert isinstance(search_text("measurement", body), str)
    assert isinstance(about_of(body), About)
    if not why_misshapen(body, data):  # then it can be read
        record = Record("1", "", body, data)
        assert isinstance(record.names, tuple) and record.result is not None
        for name in record.array_names:
            assert isinstance(record.array(name), np.ndarray)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_body_or_an_empty_one(body: bytes) -> None:
    assert isinstance(parse_body(body), dict)


@given(JSON)
def test_canonical_is_one_text_for_one_value(value: Any) -> None:
    text = canonical({"value": value})
    assert text.isascii()
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, b"x"])
def test_what_is_no_json_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical({"value": value})
    with pytest.raises(CallerError):
        event_content({"value": value})
    with RecordStore(tmp_path / "r.sqlite") as store:
        with pytest.raises(CallerError, match="no JSON"):
            store.append_event("start", {"value": value})
        with pytest.raises(CallerError, match="larger"):
            store.append_event("start", {"value": "x" * 300_000})


# ---- heads ----


def a_head(sequence: int = 7, kind: str = "measurement") -> Head:
    head = Head("ab" * 16, sequence, kind, "2026-01-02T03:04:05.678+00:00", b"h" * 32,
                KEY.public_key)  # fmt: skip
    return replace(head, signature=KEY.private_key.sign(head.signed_bytes()))


def test_a_published_head_comes_back() -> None:
    head = a_head()
    assert head_from_json(json.dumps(head.as_json()).encode(), "x") == head
    assert head.entry_id == "0000007-20260102T030405Z-abab"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sequence", 8), ("kind", "login"), ("time_utc", "2026-01-02T03:04:06.678+00:00"),
        ("hash", "00" * 32), ("store_id", "cd" * 16), ("signature", "00" * 64),
        ("public_key", "00" * 32), ("sequence", -1), ("sequence", "7"), ("hash", "00"),
        ("hash", "x"), ("kind", "\x1b"), ("signature", None),
    ],
)  # fmt: skip
def test_a_changed_head_is_refused(key: str, value: object) -> None:
    told = {**a_head().as_json(), key: value}
    with pytest.raises(RecordStoreError):
        head_from_json(json.dumps(told).encode(), "x")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    with pytest.raises(RecordStoreError):
        head_from_json(data, "x")


def test_the_short_code_tells_heads_apart() -> None:
    assert head_code(bytes(32)) == "AAAAA-AAAAA"
    assert head_code("ff" * 32) == "77777-77777"
    assert head_code(b"\x00" * 6 + b"\x40" + b"x" * 25) != head_code(b"\xff" + bytes(31))


@pytest.mark.parametrize("text", ["", "zz", "ab", "ab" * 33, "\x1b"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(RecordStoreError, match="no public key"):
        key_from_hex(text)
    assert key_from_hex(KEY.public_key.hex()) == KEY.public_key


# ---- what people say ----


@given(st.text(max_size=100))
def test_what_people_say_is_kept_as_it_is_or_refused(text: str) -> None:
    try:
        about = About(sample=text)
    except AboutRefused:
        assert not text.isprintable()
    else:
        assert about.sample == text and text.isprintable()
        assert about_of({"about": json.loads(canonical(about.as_json()))}) == about


@pytest.mark.parametrize("field", LONGEST)
def test_each_line_has_a_bound(field: str) -> None:
    longest: Any = {field: "x" * LONGEST[field]}
    About(**longest)
    for wrong in ("x" * (LONGEST[field] + 1), "a\nb", "\x1b[2J", "\u202e", "\ud800"):
        refused: Any = {field: wrong}
        with pytest.raises(AboutRefused):
            About(**refused)


@given(st.lists(st.integers(0, 40), unique=True).map(sorted))
def test_ranges_hold_the_numbers_and_no_others(numbers: list[int]) -> None:
    pairs = ranges_of(numbers)
    assert [n for first, last in pairs for n in range(first, last + 1)] == numbers
