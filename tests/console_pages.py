"""Console blocks of a page, run again: what stands under a command is what the command prints.

A block is ```console, its commands begin with `$ `, and a line `...` stands for lines left out.
Names of this run (times, ids, digests) count as one; other numbers may differ by a few percent,
for processors round a fit's sums differently. Next: `test_guide.py`, which uses this.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

GAP = "..."
_OF_THIS_RUN = (
    (r"\b\d{7}-\d{8}T\d{6}Z-[0-9a-f]{4}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?", "<time>"),
    (r"\b[0-9a-f]{12,64}\b", "<digest>"),
    (r"\b[A-Z2-7]{5}-[A-Z2-7]{5}\b", "<code>"),
    (r"[█▏▎▍▌▋▊▉·]+", "<bar>"),
    (r"\s+", " "),
)
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_NUMBERS_ABSOLUTE, _NUMBERS_RELATIVE = 1.0, 0.05


@dataclass(frozen=True)
class Shown:
    """One command of a page, and the lines that stand under it."""

    command: str
    lines: tuple[str, ...]


def shown_in(text: str) -> Iterator[Shown]:
    """Every command of the console blocks, in the order of the page."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.rstrip("\n").splitlines()
            yield Shown(command, tuple(lines))


def alike(shown: str, printed: str) -> bool:
    """Whether two lines say the same, but for this run's names and the last digits."""
    here, there = (_without_this_runs(line) for line in (shown, printed))
    if _NUMBER.sub("#", here) != _NUMBER.sub("#", there):
        return False
    pairs = zip(_NUMBER.findall(here), _NUMBER.findall(there), strict=True)
    return all(_near(_value(one), _value(other)) for one, other in pairs)


def missing(shown: tuple[str, ...], printed: list[str]) -> str | None:
    """The first shown line that is not where it should be in what was printed; None: all are.

    Lines follow each other as they do on the page; a gap leaves out any number of them.
    """
    place, after_gap = 0, False
    for line in shown:
        if line.strip() == GAP:
            after_gap = True
            continue
        if after_gap:
            found = next((i for i in range(place, len(printed)) if alike(line, printed[i])), None)
            if found is None:
                return line
            place, after_gap = found, False
        elif place >= len(printed) or not alike(line, printed[place]):
            return line
        place += 1
    return None if after_gap or place == len(printed) else printed[place]


def _without_this_runs(line: str) -> str:
    for pattern, name in _OF_THIS_RUN:
        line = re.sub(pattern, name, line)
    return line.strip()


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= max(_NUMBERS_ABSOLUTE, _NUMBERS_RELATIVE * abs(other))
