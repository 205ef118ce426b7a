"""`ramix identify` of several files: one line each, and none of them ends the others.

Next: `identify.py`, which calls it; `outcome.py`, how one file alone is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from device.cli.exit_codes import EXIT_ERROR, exit_code_for_error, exit_code_for_verdict
from device.cli.output import clear_progress, error_object, print_json, print_progress
from device.plain_file import why_not
from device.printable import printable
from device.show.percent import percent
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.cli.watch_file import WatchList
    from device.records.about import About
    from device.records.store import RecordStore
    from device.spectra.files.choices import Choices

# What spectra are called; a folder's other files (a licence, a picture) are none.
ENDINGS: Final = frozenset(
    {".txt", ".csv", ".json", ".tsv", ".dat", ".asc", ".prn", ".xy"}
    | {".dx", ".jdx", ".jcamp", ".spc", ".wdf"}
)
_WORST_FIRST: Final = ("ERROR", "NO_RESULT", "UNKNOWN", "PARTIAL", "IDENTIFIED")
_LEVELS: Final = {"none_known": "none known"}


class NoFiles(RamixError):
    """A folder holds no file that could be a spectrum."""

    code = "unreadable_file"
    default_remedy = f"Spectra end in {', '.join(sorted(ENDINGS))}; name others one by one."


def identify_batch(
    files: Sequence[str],
    choices: "Choices",
    blanks: tuple[str, ...],
    model: Path | None,
    runtime: str,
    store: Path | None,
    watch: "WatchList",
    about: "About",
    *,
    as_json: bool,
) -> int:
    """Identify each file, and each file of a folder, in their order; returns the exit code.

    Each gives one line, or with `as_json` one object: `file` beside the result, or beside `error`.

    Raises:
        NoFiles: a folder has none.
        RamixError: model, blanks, watch list or store cannot be used: no file could be answered.
    """
    from contextlib import ExitStack

    from device.answer.proof import proven_identifier
    from device.answer.result import result_json
    from device.cli.outcome import warn_of_model
    from device.cli.spectrum_file import containers_for, read_given, read_with_sha256
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.records.beside import hazards_of
    from device.records.circumstances import Circumstances

    named = list(_expanded(files))
    read = [read_with_sha256(blank) for blank in blanks]
    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    identifier.asked = watch.asked_of(identifier)
    containers = containers_for(identifier, read)
    warn_of_model(identifier)
    outcomes: list[tuple[str, int]] = []
    with ExitStack() as endings:
        records = None if store is None else endings.enter_context(_opened(store))
        for number, file in enumerate(named, 1):
            print_progress(f"{number} of {len(named)}: {printable(file)}")
            try:
                answer = identifier.identify(read_given(file, choices), containers)
            except RamixError as error:
                outcomes.append(("ERROR", exit_code_for_error(error)))
                told: dict[str, Any] = error_object(error.code, error.text, error.remedy)
            else:
                record_id = None
                if records is not None:
                    beside = Circumstances(hazards=hazards_of(answer, identifier))
                    record_id = records.append(answer, about=about, circumstances=beside)
                told = result_json(answer, record_id)
                verdict = str(told["verdict"])
                outcomes.append((verdict, exit_code_for_verdict(verdict)))
            clear_progress()
            if as_json:
                print_json({"file": file, **told})
            else:
                click.echo(batch_line(file, told))
    if not as_json:
        click.echo(_summary([verdict for verdict, _ in outcomes]), err=True)
    return batch_exit_code(outcomes)


def batch_line(file: str, told: Mapping[str, Any]) -> str:
    """File, verdict, worst hazard, names with their shares of the signal; or why there are none."""
    if "error" in told:
        return printable(f"{'ERROR':<10}  {'-':<10}  {file}: {told['error']['text']}")
    level = told["safety"]["worst"]
    names = [f"{one['name']} {percent(one['signal_share'])}" for one in told["components"]]
    names += [
        f"{' or '.join(one['names'])} {percent(one['signal_share'])}"
        for one in told["alternatives"]
    ]
    if not names:
        names = [reason["text"] for reason in told["reasons"][:1]]
    alarms = [one["name"] for one in told["watch"] if one["seen"] != "not_above"]
    watch = f"  WATCH LIST: {', '.join(alarms)}" if alarms else ""
    head = f"{told['verdict']:<10}  {_LEVELS.get(level, level):<10}  {file}: "
    return printable(f"{head}{', '.join(names)}{watch}")


def batch_exit_code(outcomes: Sequence[tuple[str, int]]) -> int:
    """Of the worst file; among those equally bad, of the first."""
    worst = min(outcomes, key=lambda one: _WORST_FIRST.index(one[0]), default=("", EXIT_ERROR))
    return worst[1]


def _expanded(files: Sequence[str]) -> Iterator[str]:
    for file in files:
        folder = Path(file)
        if not folder.is_dir():
            yield file
            continue
        try:
            inside = sorted(folder.iterdir())
        except OSError as error:
            raise NoFiles(f"The folder {file} cannot be read: {why_not(error)}.") from error
        found = [
            str(one)
            for one in inside
            if one.suffix.lower() in ENDINGS and not one.name.startswith(".") and not one.is_dir()
        ]
        if not found:
            raise NoFiles(f"The folder {file} holds no spectrum.")
        yield from found


def _opened(store: Path) -> "RecordStore":
    from device.records.store import RecordStore

    return RecordStore(store)


def _summary(verdicts: Sequence[str]) -> str:
    counts = [
        f"{verdicts.count(one)} {one.replace('_', ' ')}"
        for one in reversed(_WORST_FIRST)
        if one in verdicts
    ]
    return f"{len(verdicts)} files: {', '.join(counts)}. Shares are of the Raman signal."
