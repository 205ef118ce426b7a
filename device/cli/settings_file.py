"""`ramix.toml`: an installation's own defaults for the options of every verb.

    [all]                 options that several verbs share
    port = "usb:"
    [run]                 options of one verb; of `ramix library add`: ["library add"]
    countdown = 5

The system's file (/etc/ramix) is read first, then the user's; what stands in the later one holds,
what is on the command line before both. Keys are the long names of options. Next: `config.py`, the
verb that shows and writes it.
"""

import tomllib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from device import installation
from device.plain_file import read_plain, why_not
from firmware_bridge.errors import RamixError

MAX_FILE_BYTES: Final = 64 * 1024
ALL: Final = "all"
# What `[all]` may set, for every verb that has it: key, an example, what it is for.
SHARED: Final = (
    ("port", '"usb:"', "the analyzer, as with --port"),
    ("timeout", "5.0", "how long an answer of the analyzer is waited for, in seconds"),
    ("budget", "10.0", "how long measuring may take, in seconds"),
    ("laser-power", "70", "in milliwatts, instead of the analyzer's maximum"),
    ("countdown", "2.0", "seconds between a press of the trigger and the first light"),
    ("runtime", '"litert"', "the library that runs the network: litert or tflite"),
    ("store", '"/var/lib/ramix/records.sqlite"', "where records are kept"),
    ("blank", '["empty-vial.txt"]', "spectra of the empty container"),
    ("watch", '["toluene"]', "compounds whose detection limit is stated"),
    ("self-test-interval", "24.0", "hours after which measuring warns of an old self-test"),
    ("log-file", '"none"', "where the log is kept; none: nowhere"),
)
# A default is not meant where one of these stands on the command line, in a later file or in the
# section of the verb: both would contradict.
_OVERRULED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "port": ("--file", "--save-method", "--trend"),
    "store": ("--no-store",),
    "no-store": ("--store",),
    "budget": ("--frames", "--integration-time"),
    "frames": ("--budget",),
    "integration-time": ("--budget",),
}
# What is asked for each time anew: an override that a file holds would soon be forgotten.
_NEVER_A_DEFAULT: Final = ("--json", "--file", "--despite-self-test")


class SettingsFileError(RamixError):
    """A `ramix.toml` that cannot be used as it is."""

    code = "settings_file"
    default_remedy = "`ramix config --template` shows what may stand in it."


@dataclass(frozen=True)
class SettingsFile:
    """One file: its sections, each with keys and values, as they were written."""

    path: Path
    sections: Mapping[str, Mapping[str, Any]]

    def of(self, verb: str, options: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What it sets for a verb with these options, by the options' long names: for all verbs,
        and for this one alone.

        Raises:
            SettingsFileError: a key that the verb, or no verb at all, has.
        """
        shared = [key for key, _, _ in SHARED]
        for key in self.sections.get(ALL, {}):
            self._require(key, shared, ALL)
        for key in self.sections.get(verb, {}):
            self._require(key, options, verb)
        known = {key: value for key, value in self.sections.get(ALL, {}).items() if key in options}
        return known, dict(self.sections.get(verb, {}))

    def _require(self, key: str, known: Sequence[str], section: str) -> None:
        if key not in known:
            raise self.wrong(f"[{section}] has no setting {key!r}{_meant(key, known)}")

    def wrong(self, what: str) -> SettingsFileError:
        return SettingsFileError(f"In {self.path} {what}.")


def read_settings_files() -> tuple[SettingsFile, ...]:
    """Those that are there, the system's first.

    Raises:
        SettingsFileError: one cannot be read or is no TOML of sections.
    """
    paths = installation.settings_paths()
    return tuple(_read(path) for path in paths if _is_there(path))


def defaults_for(verb: str, command: click.Command, words: Sequence[str]) -> dict[str, Any]:
    """What the files set for one command line, for `click.Context.default_map`."""
    files = read_settings_files()
    return _defaults(files, verb, command, words) if files else {}


def long_options(command: click.Command) -> dict[str, click.Option]:
    """The options of a verb that a file may set, by their long names without dashes."""
    return {
        name.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option) and not option.is_eager
        for name in option.opts
        if name.startswith("--") and name not in _NEVER_A_DEFAULT
    }


def _defaults(
    files: Sequence[SettingsFile], verb: str, command: click.Command, words: Sequence[str]
) -> dict[str, Any]:
    if isinstance(command, click.Group):
        return {
            name: _defaults(files, f"{verb} {name}", below, words)
            for name, below in command.commands.items()
        }
    options = long_options(command)
    found: dict[str, Any] = {}
    for file in files:
        for section in file.of(verb, list(options)):
            new = {key: _fits(file, key, value, options[key]) for key, value in section.items()}
            meant = {f"--{key}" for key, value in new.items() if value is not False}
            found = _not_overruled(found, meant) | new
    found = _not_overruled(found, {word.partition("=")[0] for word in words})
    return {str(options[key].name): value for key, value in found.items()}


def _not_overruled(found: Mapping[str, Any], by: Set[str]) -> dict[str, Any]:
    """What contradicts none of these options, which come later."""
    return {key: one for key, one in found.items() if by.isdisjoint(_OVERRULED_BY.get(key, ()))}


def _fits(file: SettingsFile, key: str, value: Any, option: click.Option) -> Any:
    """`value` as click takes it; its own types then check it like a word of the command line."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) for one in parts):
        raise file.wrong(f"{key!r} is no text and no number")
    if any("\0" in str(one) for one in parts):
        raise file.wrong(f"{key!r} holds a zero byte")
    if isinstance(value, list) and not option.multiple:
        raise file.wrong(f"{key!r} takes one value")
    if any(isinstance(one, bool) != option.is_flag for one in parts):
        raise file.wrong(f"{key!r} is not {'true or false' if option.is_flag else 'a value'}")
    return parts if option.multiple else value


def _is_there(path: Path) -> bool:
    try:
        return installation.is_there(path)
    except OSError as error:  # perhaps it says something, and nobody may know: that is not "no"
        raise SettingsFileError(
            f"{path} cannot be looked at: {why_not(error)}.",
            remedy="Give its folder to this user, or name another home with RAMIX_HOME.",
        ) from error


def _read(path: Path) -> SettingsFile:
    try:
        read = tomllib.loads(read_plain(path, MAX_FILE_BYTES).decode("utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise SettingsFileError(f"{path} cannot be read: {why_not(error)}.") from error
    for name, section in read.items():
        if not isinstance(section, dict):
            raise SettingsFileError(f"In {path} the setting {name!r} stands in no section.")
    return SettingsFile(path, read)


def _meant(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; was {close[0]!r} meant?" if close else ""
