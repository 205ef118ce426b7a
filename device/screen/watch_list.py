"""Compounds that somebody watches for, in one file; a result names, excludes or leaves each open.

Next: `card.py`, which shows it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from device.answer.asked import DEFAULT_ABOVE, Asked
from device.answer.watch import NOT_ABOVE
from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder, written_whole
from device.inference.manifest import Compound
from device.plain_file import read_plain, why_not
from device.strict_json import Fields, StrictJsonError, loads
from firmware_bridge.errors import CallerError, RamixError

MOST_NAMES: Final = 64
_MOST_BYTES: Final = 64 * 1024
_LONGEST_NAME: Final = 120


class WatchListError(RamixError):
    """The watch list cannot be read or kept."""

    code = "watch_list"
    default_remedy = "Mend or remove the file, then try again."


@dataclass(frozen=True)
class WatchList:
    """Names as the library has them."""

    names: tuple[str, ...] = ()


def checked_names(names: Sequence[object]) -> WatchList:
    """A list that somebody wants.

    Raises:
        CallerError: too many, or something that is no name.
    """
    if len(names) > MOST_NAMES:
        raise CallerError(f"A watch list holds at most {MOST_NAMES} names.")
    good: list[str] = []
    for name in names:
        if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME:
            raise CallerError(f"A name on a watch list has 1 to {_LONGEST_NAME} letters.")
        if not name.isprintable():
            raise CallerError("A name on a watch list holds control characters.")
        good.append(name.strip())
    return WatchList(tuple(dict.fromkeys(good)))


def state_of(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """{name, state, signal_share}: `named`; `excluded`, and above which share it would have been
    seen; else `open`, also where the library does not know it.

    What the answer itself says of it (`answer/watch.py`) counts before its limits.
    """
    wanted = name.casefold()
    for one in result["components"]:
        if one["name"].casefold() == wanted:
            return {"name": name, "state": "named", "signal_share": one["signal_share"]}
    for one in result.get("watch") or ():
        if one["name"].casefold() == wanted:
            state = "excluded" if one["seen"] == NOT_ABOVE else "open"
            return {"name": name, "state": state, "signal_share": one["limit"]}
    limits = {one["name"].casefold(): one["signal_share"] for one in result.get("limits") or ()}
    share = limits.get(wanted)
    excluded = share is not None and share <= DEFAULT_ABOVE
    return {"name": name, "state": "excluded" if excluded else "open", "signal_share": share}


def asked_of(watched: WatchList, compounds: Sequence[Compound]) -> Asked:
    """What an answer is asked beside its verdict: of the list, what the library can see."""
    names = {
        spelling.casefold(): one.name
        for one in compounds
        for spelling in (one.name, *one.synonyms, one.cas)
        if spelling
    }
    known = [names[name.casefold()] for name in watched.names if name.casefold() in names]
    return Asked(watch=tuple(dict.fromkeys(known)))


def kept_in(result: Mapping[str, Any]) -> WatchList:
    """What was watched for when this result was stored."""
    return WatchList(tuple(one["name"] for one in result.get("watch") or ()))


def read_watch_list(path: Path) -> WatchList:
    """The kept list; none was kept: an empty one.

    Raises:
        WatchListError: the file cannot be understood.
    """
    try:
        fields = Fields(loads(read_plain(path, _MOST_BYTES)), "watch list")
        names = fields.texts("names")
        fields.done()
        return checked_names(names)
    except FileNotFoundError:
        return WatchList()
    except (OSError, CallerError, StrictJsonError, ValueError) as error:
        told = error.text if isinstance(error, CallerError) else str(error)
        raise WatchListError(f"The watch list {path} cannot be used: {told}.") from error


def keep_watch_list(path: Path, watched: WatchList) -> None:
    """Write it whole, for its owner alone.

    Raises:
        WatchListError: the disk does not take it.
    """
    try:
        make_folder(path.parent, OWN_FOLDER)
        with written_whole(path, OWN_FILE) as stream:
            stream.write(json.dumps({"names": list(watched.names)}).encode())
        sync_folder(path.parent)
    except OSError as error:
        raise WatchListError(f"The watch list {path} cannot be kept: {why_not(error)}.") from error
