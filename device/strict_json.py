"""JSON from outside, read strictly: what two readers could understand differently is refused.

Duplicate keys, NaN and Infinity, numbers beyond float64, bytes that are not UTF-8: each is a
sentence in `StrictJsonError`. `Fields` then takes a JSON object apart key by key: the wrong type,
a missing key and an unknown key are refused as well. Next: `inference/manifest.py`.
"""

import base64
import json
import math
from collections.abc import Iterable
from typing import Final, NoReturn

MAX_TEXT_LENGTH: Final = 2000  # no label or note is longer; keeps cards and logs readable


class StrictJsonError(ValueError):
    """One sentence on what is wrong and where."""


def loads(data: bytes) -> object:
    """Parse UTF-8 JSON bytes; raises `StrictJsonError`."""
    try:
        parsed: object = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
    except StrictJsonError:
        raise
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"it is not UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise StrictJsonError("it is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, and integers of thousands of digits
        raise StrictJsonError(f"it is not valid JSON: {error}") from error
    return parsed


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise StrictJsonError(f"the key {key!r} appears twice")
        result[key] = value
    return result


def _refuse_constant(name: str) -> object:
    raise StrictJsonError(f"{name} is not a number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise StrictJsonError(f"the number {text[:20]} is too large")
    return value


class Fields:
    """One JSON object, taken apart; `where` names it in error sentences."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise StrictJsonError(f"{where} must be an object")
        self._left: dict[str, object] = dict(value)
        self._where = where

    def done(self) -> None:
        """Refuse keys that were not taken: another reader may give them a meaning."""
        if self._left:
            raise StrictJsonError(f"{self._where} has the unknown key {min(self._left)!r}")

    def has(self, key: str) -> bool:
        """Is it there, and not yet taken?"""
        return key in self._left

    def refuse(self, key: str, why: str) -> NoReturn:
        """Raise of a value that is wrong although its type is right."""
        raise StrictJsonError(f"{self.name_of(key)} {why}")

    def name_of(self, key: str) -> str:
        return f"{self._where}.{key}"

    def take(self, key: str) -> object:
        if key not in self._left:
            raise StrictJsonError(f"{self.name_of(key)} is missing")
        return self._left.pop(key)

    def text(self, key: str, *, empty: bool = False) -> str:
        return as_text(self.take(key), self.name_of(key), empty=empty)

    def text_if_any(self, key: str) -> str:
        """Empty where the key is missing."""
        return self.text(key) if key in self._left else ""

    def optional_text(self, key: str) -> str | None:
        """Text, or null."""
        value = self.take(key)
        return None if value is None else as_text(value, self.name_of(key))

    def number(self, key: str, low: float, high: float) -> float:
        return as_number(self.take(key), self.name_of(key), low, high)

    def optional_number(self, key: str, low: float, high: float) -> float | None:
        value = self.take(key)
        return None if value is None else as_number(value, self.name_of(key), low, high)

    def integer(self, key: str, low: int, high: int) -> int:
        return as_integer(self.take(key), self.name_of(key), low, high)

    def optional_integer(self, key: str, low: int, high: int) -> int | None:
        value = self.take(key)
        return None if value is None else as_integer(value, self.name_of(key), low, high)

    def items(self, key: str, *, length: int | None = None) -> list[object]:
        return as_list(self.take(key), self.name_of(key), length=length)

    def items_if_any(self, key: str) -> list[object]:
        """Empty where the key is missing."""
        return self.items(key) if key in self._left else []

    def texts(self, key: str) -> tuple[str, ...]:
        where = self.name_of(key)
        return tuple(as_text(item, where) for item in self.items(key))

    def mapping(self, key: str) -> dict[str, object]:
        value = self.take(key)
        if not isinstance(value, dict):
            raise StrictJsonError(f"{self.name_of(key)} must be an object")
        return value

    def fields(self, key: str) -> "Fields":
        return Fields(self.take(key), self.name_of(key))


def as_text(value: object, where: str, *, empty: bool = False) -> str:
    """A printable string: control characters would reach the operator's terminal."""
    if not isinstance(value, str):
        raise StrictJsonError(f"{where} must be text")
    if not value and not empty:
        raise StrictJsonError(f"{where} is empty")
    if len(value) > MAX_TEXT_LENGTH:
        raise StrictJsonError(f"{where} is longer than {MAX_TEXT_LENGTH} characters")
    if not value.isprintable():
        raise StrictJsonError(f"{where} holds unprintable characters")
    return value


def as_bytes(value: object, where: str) -> bytes:
    """Of text in base64."""
    if not isinstance(value, str):
        raise StrictJsonError(f"{where} must be text")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise StrictJsonError(f"{where} is not base64") from error


def as_number(value: object, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrictJsonError(f"{where} must be a number")
    if not low <= value <= high:  # compared before float(): an int may exceed float64
        raise StrictJsonError(f"{where} must lie between {low:g} and {high:g}")
    return float(value)


def as_integer(value: object, where: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise StrictJsonError(f"{where} must be a whole number")
    if not low <= value <= high:
        raise StrictJsonError(f"{where} must lie between {low} and {high}")
    return value


def as_list(value: object, where: str, *, length: int | None = None) -> list[object]:
    if not isinstance(value, list):
        raise StrictJsonError(f"{where} must be a list")
    if length is not None and len(value) != length:
        raise StrictJsonError(f"{where} must have {length} items, not {len(value)}")
    return value


def as_matrix(
    value: object, where: str, rows: int, columns: int, low: float, high: float
) -> list[list[float]]:
    """`rows` lists of `columns` numbers each."""
    return [
        [as_number(item, where, low, high) for item in as_list(row, where, length=columns)]
        for row in as_list(value, where, length=rows)
    ]


def require_unique(values: Iterable[str], where: str) -> None:
    """Names that differ by case alone are the same name to a reader."""
    seen: set[str] = set()
    for value in values:
        if value.casefold() in seen:
            raise StrictJsonError(f"{where} names {value!r} twice")
        seen.add(value.casefold())
