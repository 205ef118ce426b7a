"""Facts about substances by CAS number, read strictly from `facts.json`: each has its source.

Statements, signal words and pictograms are those of Regulation (EC) No 1272/2008 (CLP), transport
those of the UN Model Regulations, distances those of the Emergency Response Guidebook 2020. What
is not known is None and is said to be unknown; nothing is guessed. Next: `advice.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from device.strict_json import (
    Fields,
    StrictJsonError,
    as_list,
    as_text,
    loads,
    require_unique,
)

_FILE = Path(__file__).with_name("facts.json")
_SIGNAL_WORDS = ("Danger", "Warning")


@dataclass(frozen=True)
class Statement:
    """One hazard statement; `rank` 0 is the worst."""

    code: str  # H225, EUH019
    text: str
    signal_word: str | None
    pictogram: str | None  # GHS01 to GHS09
    rank: int


@dataclass(frozen=True)
class Substance:
    """What is known of one substance."""

    cas: str
    statements: tuple[Statement, ...]
    un_number: int | None
    shipping_name: str | None
    erg_guide: int | None
    isolation_distance_m: int | None  # around a spill of the liquid
    groups: frozenset[str]  # reactive groups
    source: str


@dataclass(frozen=True)
class Reaction:
    """Two reactive groups that must not meet."""

    one: str
    other: str
    text: str
    source: str


@dataclass(frozen=True)
class Facts:
    """The whole file."""

    statements: Mapping[str, Statement]  # by code
    substances: Mapping[str, Substance]  # by CAS number
    members: Mapping[str, frozenset[str]]  # further CAS numbers of a reactive group
    reactions: tuple[Reaction, ...]

    def groups_of(self, cas: str) -> frozenset[str]:
        """The reactive groups of a substance, known otherwise or not."""
        known = self.substances.get(cas)
        listed = frozenset(name for name, members in self.members.items() if cas in members)
        return listed | (known.groups if known is not None else frozenset())


@cache
def facts() -> Facts:
    """The file beside this module.

    Raises:
        StrictJsonError: it was damaged after it was installed.
    """
    return parse(_FILE.read_bytes())


def parse(data: bytes) -> Facts:
    """The facts in the bytes of such a file.

    Raises:
        StrictJsonError: it is not of its form; says where.
    """
    top = Fields(loads(data), "facts")
    top.text("about")
    for source in top.mapping("sources").values():
        as_text(source, "facts.sources")
    rows = [Fields(item, "statement") for item in top.items("statements")]
    read = [_statement(row, rank) for rank, row in enumerate(rows)]
    require_unique((one.code for one in read), "facts.statements")
    statements = {one.code: one for one in read}
    isolation = top.fields("isolation_m")
    distances = {
        guide: isolation.integer(str(guide), 1, 11_000)
        for guide in range(111, 175)
        if isolation.has(str(guide))
    }
    isolation.done()
    found = [
        _substance(Fields(item, "substance"), statements, distances)
        for item in top.items("substances")
    ]
    require_unique((one.cas for one in found), "facts.substances")
    members = {
        name: frozenset(_cas(as_text(item, name), name) for item in as_list(items, name))
        for name, items in top.mapping("groups").items()
    }
    known = {group for one in found for group in one.groups} | set(members)
    reactions = tuple(_reaction(Fields(item, "pair"), known) for item in top.items("incompatible"))
    top.done()
    return Facts(statements, {one.cas: one for one in found}, members, reactions)


def _statement(row: Fields, rank: int) -> Statement:
    code, text = row.text("code"), row.text("text")
    signal, pictogram = row.optional_text("signal"), row.optional_text("pictogram")
    row.done()
    if signal is not None and signal not in _SIGNAL_WORDS:
        row.refuse("signal", "must be Danger or Warning")
    if pictogram is not None and pictogram not in {f"GHS0{n}" for n in range(1, 10)}:
        row.refuse("pictogram", "must be GHS01 to GHS09")
    return Statement(code, text, signal, pictogram, rank)


def _substance(
    row: Fields, statements: Mapping[str, Statement], distances: Mapping[int, int]
) -> Substance:
    codes = row.texts("statements")
    for code in codes:
        if code not in statements:
            row.refuse("statements", f"has {code}, which is no known statement")
    guide = row.optional_number("erg_guide", 111, 174)
    number = row.optional_number("un_number", 4, 3550)
    substance = Substance(
        cas=_cas(row.text("cas"), row.name_of("cas")),
        statements=tuple(sorted((statements[code] for code in codes), key=lambda one: one.rank)),
        un_number=None if number is None else int(number),
        shipping_name=row.optional_text("shipping_name"),
        erg_guide=None if guide is None else int(guide),
        isolation_distance_m=None if guide is None else distances.get(int(guide)),
        groups=frozenset(row.texts("groups")),
        source=row.text("source"),
    )
    row.done()
    return substance


def _reaction(row: Fields, groups: set[str]) -> Reaction:
    reaction = Reaction(row.text("one"), row.text("other"), row.text("text"), row.text("source"))
    row.done()
    for group in (reaction.one, reaction.other):
        if group not in groups:
            row.refuse("one", f"names {group}, of which no substance is")
    return reaction


def _cas(text: str, where: str) -> str:
    """A CAS number whose last digit agrees with the others."""
    digits = text.replace("-", "")
    if digits.isascii() and digits.isdigit() and len(digits) >= 5:
        sum_of = sum(n * int(digit) for n, digit in enumerate(reversed(digits[:-1]), 1))
        if text == f"{digits[:-3]}-{digits[-3:-1]}-{digits[-1]}" and sum_of % 10 == int(digits[-1]):
            return text
    raise StrictJsonError(f"{where} {text} is no CAS number")
