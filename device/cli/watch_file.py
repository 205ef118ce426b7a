"""Watch lists of the command line: `--watch-list FILE`, its two forms, and the option itself.

A text file has a name, synonym or CAS number in each line, and what follows a `#` is a remark. A
TOML file has `watch = ["methanol", "75-09-2"]` and, if wanted, `above = 0.05` (part of the signal).
Next: `../answer/watch.py`, what becomes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from firmware_bridge.errors import CallerError

if TYPE_CHECKING:
    from device.answer.asked import Asked
    from device.answer.identifier import Identifier

Command = TypeVar("Command", bound=Callable[..., Any])

_MAX_BYTES: Final = 100_000
_MOST_NAMES: Final = 500

watch_list_option = click.option(
    "--watch-list",
    "watch_list",
    metavar="FILE",
    help="Compounds to watch for, one name or CAS number a line, or TOML: the card says in red "
    "when one is named or cannot be excluded.",
)


class WatchListError(CallerError):
    """The file is no watch list; `text` says where."""

    code = "watch_list"
    default_remedy = 'Write one name or CAS number a line, or TOML: watch = ["methanol"].'


@dataclass(frozen=True)
class WatchList:
    """As it stands in the file, not yet compared with a library; `above`: None is the default."""

    names: tuple[str, ...]
    above: float | None = None

    def asked_of(self, identifier: "Identifier") -> "Asked":
        """In the library's own names.

        Raises:
            NotInLibrary: it has no such compound, which would never be seen.
        """
        from device.answer.asked import DEFAULT_ABOVE, Asked
        from device.answer.watch import canonical_names

        names = canonical_names(identifier.compounds, self.names, identifier.label.name)
        return Asked(watch=names, above=DEFAULT_ABOVE if self.above is None else self.above)


def read_watch_list(path: str | None) -> WatchList:
    """The list in a file; without a file nothing is watched for.

    Raises:
        WatchListError: it cannot be read, or is not of either form.
    """
    if path is None:
        return WatchList(())
    from device.plain_file import read_plain, why_not

    try:
        data = read_plain(path, _MAX_BYTES)
    except (OSError, ValueError) as error:
        raise WatchListError(
            f"The watch list {path} cannot be read: {why_not(error)}.",
            remedy="Check the path; a list has one name or CAS number a line.",
        ) from error
    return parse_watch_list(data, path)


def parse_watch_list(data: bytes, name: str) -> WatchList:
    """The same of bytes that are already in memory."""
    if len(data) > _MAX_BYTES:
        raise WatchListError(f"{name} is longer than {_MAX_BYTES} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WatchListError(f"{name} is not UTF-8 text.") from error
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = _toml(text, name) if any("=" in line for line in lines) else WatchList(tuple(lines))
    names = tuple(dict.fromkeys(one for one in found.names if one))
    if not names:
        raise WatchListError(f"{name} names no compound.")
    if len(names) > _MOST_NAMES:
        raise WatchListError(f"{name} names more than {_MOST_NAMES} compounds.")
    strange = [one for one in names if not one.isprintable()]
    if strange:
        raise WatchListError(f"{name} holds unprintable characters.")
    return WatchList(names, found.above)


def _toml(text: str, name: str) -> WatchList:
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WatchListError(f"{name} is no valid TOML: {error}.") from error
    except RecursionError as error:
        raise WatchListError(f"{name} is nested too deeply.") from error
    names, above = table.pop("watch", None), table.pop("above", None)
    if table:
        raise WatchListError(f"{name} has the unknown key {min(table)}.")
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise WatchListError(f"{name}: `watch` must be a list of names.")
    if above is None:
        return WatchList(tuple(names))
    if isinstance(above, bool) or not isinstance(above, int | float) or not 0 < above <= 1:
        raise WatchListError(f"{name}: `above` must be a part of the signal, between 0 and 1.")
    return WatchList(tuple(names), float(above))
