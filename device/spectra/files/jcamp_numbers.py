"""The numbers of JCAMP-DX tables: plain (AFFN), and packed with signs and letters (ASDF).

PAC writes the sign in place of the blank, SQZ a letter for sign and first digit, DIF the difference
to the number before, DUP how often the last one stands. Damage never becomes a number: differences
repeat the last value of the line before, and that is checked.
Next: `jcamp.py`, what the numbers are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SQUEEZED = dict(zip("@ABCDEFGHI", range(10), strict=True))
_SQUEEZED_MINUS = dict(zip("abcdefghi", range(1, 10), strict=True))
_DIFFERENCE = dict(zip("%JKLMNOPQR", range(10), strict=True))
_DIFFERENCE_MINUS = dict(zip("jklmnopqr", range(1, 10), strict=True))
_DUPLICATE = dict(zip("STUVWXYZs", range(1, 10), strict=True))

_PLAIN = r"\d*\.?\d+(?:[eE][+-]\d{1,3})?|\d+\.(?:[eE][+-]\d{1,3})?"
_X = re.compile(rf"^\s*([-+]?(?:{_PLAIN}))")
_TOKEN = re.compile(rf"\s*[,;]?\s*(?:([-+]?(?:{_PLAIN}))|([@A-Ia-i%J-Rj-rS-Zs])(\d*\.?\d*)|(\?))")
_NUMBER = re.compile(rf"[-+]?(?:{_PLAIN})")
_PAIR_REST = re.compile(r"^[\s,;]*$")


class DamagedNumbers(Exception):
    """`line` counts from 0 within the table."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """The shift at its begin, with so many decimals, and the intensities; NaN for `?`."""

    x: float
    decimals: int
    values: list[float]


def pairs_of(lines: Sequence[str], most_points: int) -> list[float]:
    """x, y, x, y and so on.

    Raises:
        DamagedNumbers: text between the numbers, or one without its other.
    """
    flat: list[float] = []
    for at, line in enumerate(lines):
        text = line.partition("$$")[0]
        if not _PAIR_REST.match(_NUMBER.sub(" ", text)):
            raise DamagedNumbers(at, f"not pairs of numbers: {_short(text)}")
        numbers = [float(number) for number in _NUMBER.findall(text)]
        if len(numbers) % 2:
            raise DamagedNumbers(at, "a number without its other; the file may be truncated")
        flat.extend(numbers)
        if len(flat) > 2 * most_points:
            raise DamagedNumbers(at, "more points than any spectrum has")
    return flat


def lines_of(lines: Sequence[str], most_points: int) -> list[Line]:
    """Every line of an X++(Y..Y) table.

    Raises:
        DamagedNumbers: a line is no such line, contradicts the one before, or has too many points.
    """
    read: list[Line] = []
    total = 0
    before: float | None = None  # the last value of a line that ended with a difference
    for at, whole in enumerate(lines):
        text = whole.partition("$$")[0].rstrip()
        if not text.strip():
            continue
        begin = _X.match(text)
        if begin is None:
            raise DamagedNumbers(at, f"no line of the table: {_short(text)}")
        values, ended_with_difference = _values(at, text, begin.end(), most_points - total)
        if before is not None:
            if not values or abs(values[0] - before) > 1e-6 * max(1.0, abs(before)):
                raise DamagedNumbers(at, "it does not begin with the last value of the line before")
            values = values[1:]
        x = begin[1]
        mantissa = x.lower().partition("e")[0]
        decimals = len(mantissa.partition(".")[2]) if "e" not in x.lower() else 0
        before = None
        if ended_with_difference:
            before = values[-1] if values else read[-1].values[-1] if read else None
        if values:
            read.append(Line(float(x), decimals, values))
            total += len(values)
    if not read:
        raise DamagedNumbers(0, "the table is empty")
    return read


def _values(at: int, text: str, begin: int, most: int) -> tuple[list[float], bool]:
    """The intensities of a line, and whether the last was written as a difference."""
    values: list[float] = []
    difference: float | None = None
    place = begin
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or token.end() == place:
            raise DamagedNumbers(at, f"not a number of the table: {_short(text[place:])}")
        place = token.end()
        plain, letter, digits = token[1], token[2], token[3]
        if plain is not None:
            values.append(float(plain))
            difference = None
        elif letter is None:
            values.append(float("nan"))
            difference = None
        elif letter in _DUPLICATE:
            count = int(f"{_DUPLICATE[letter]}{digits}") if digits.isdigit() or not digits else 0
            if not values or not 1 <= count <= most - len(values) + 1:
                raise DamagedNumbers(at, f"a repetition that cannot be: {_short(letter + digits)}")
            for _ in range(count - 1):
                values.append(values[-1] + (difference or 0.0))
        elif letter in _SQUEEZED or letter in _SQUEEZED_MINUS:
            values.append(_signed(letter, digits, _SQUEEZED, _SQUEEZED_MINUS))
            difference = None
        else:
            if not values:
                raise DamagedNumbers(at, "a difference to no number")
            difference = _signed(letter, digits, _DIFFERENCE, _DIFFERENCE_MINUS)
            values.append(values[-1] + difference)
        if len(values) > most:
            raise DamagedNumbers(at, "more points than any spectrum has")
    return values, difference is not None


def _signed(letter: str, digits: str, plus: dict[str, int], minus: dict[str, int]) -> float:
    if letter in plus:
        return float(f"{plus[letter]}{digits}")
    return -float(f"{minus[letter]}{digits}")


def _short(text: str) -> str:
    return repr(text.strip()[:20])
