"""`--blank` at a port: files of empty containers, and the one that is measured first (`acquire`).

An acquired blank is measured once, for as long as a sample may take, saved as a file of `ramix
acquire`, and then used as that file would be: its digest stands in the record, and it can be given
again as `--blank FILE`. Next: `spectrum_file.py`, which makes containers of files.
"""

import select
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import click

from device.cli.asking import NobodyConfirms
from device.cli.options import ACQUIRE
from device.cli.output import clear_progress
from device.cli.showing import print_event
from device.cli.spectrum_file import containers_for, read_with_sha256
from device.cooling import cooled
from device.countdown import MeasurementCancelled, count_down
from device.driver.growing import SequentialSettings, growing
from device.plain_file import why_not

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.driver.spectrometer import Spectrometer
    from device.runtime import Settings
    from device.spectra.container import Container
    from device.spectra.spectrum import Acquisition
    from device.station.station import Station

_POLL_S: Final = 0.2


class Walls:
    """What samples are measured through at one station.

    Args:
        blanks: files, or `acquire`.
        settings: how samples are measured; a blank takes their whole budget and laser power.
        countdown_s: between the word that a container is there and the first light.
        sample_next: wait for a word before the sample, too; else its trigger is the word.
    """

    def __init__(
        self,
        blanks: Sequence[str],
        settings: "Settings",
        countdown_s: float = 0.0,
        *,
        sample_next: bool,
    ) -> None:
        self._read = [read_with_sha256(one) for one in blanks if one != ACQUIRE]
        self._missing = blanks.count(ACQUIRE)
        self._settings, self._countdown_s = settings, countdown_s
        self._sample_next = sample_next
        self.station: Station | None = None  # set it before the station is opened

    def containers(self, identifier: "Identifier") -> "tuple[Container, ...]":
        """For `Equipment.containers`: asked for with each model, measured with the first alone.

        Raises:
            UnusableBlank: one cannot stand for an empty container.
            NobodyConfirms: one is to be measured, and nobody is there.
        """
        if self._missing and self.station is not None:
            analyzer = self.station.analyzer
            for number in range(1, self._missing + 1):
                which = "" if self._missing == 1 else f" {number} of {self._missing}"
                empty = self._empty(analyzer, identifier, which)
                path = _saved(empty, analyzer.info.serial)
                self._read.append(read_with_sha256(str(path)))
                _say(f"Measured and saved as {path}; --blank takes it again.")
            self._missing = 0
            made = containers_for(identifier, self._read)  # refused before the sample is asked for
            _say("Step 2: put the sample in its container before the probe.")
            if self._sample_next:
                _wait(analyzer)
            return made
        return containers_for(identifier, self._read)

    def _empty(
        self, analyzer: "Spectrometer", identifier: "Identifier", which: str
    ) -> "Acquisition":
        """Asked for again where a press of the trigger cancels it."""
        while True:
            _say(f"Step 1: put the empty container{which} before the probe.")
            _wait(analyzer)
            try:
                return self._measured(analyzer, identifier)
            except MeasurementCancelled as cancelled:
                analyzer.laser_off()
                _say(cancelled.text)

    def _measured(self, analyzer: "Spectrometer", identifier: "Identifier") -> "Acquisition":
        """The whole budget: a blank's noise is that of every sample behind it."""
        settings = self._settings
        if not isinstance(settings, SequentialSettings):
            settings = SequentialSettings(
                laser_power_mw=settings.laser_power_mw, safety=settings.safety
            )
        cooled(analyzer, settings.safety.cooler, print_event)
        count_down(analyzer, self._countdown_s, print_event)
        settings = replace(settings, seen=identifier.bundle.manifest.grid)
        *_, last = growing(analyzer, settings, print_event)
        return last.acquisition


def _say(text: str) -> None:
    clear_progress()
    click.echo(text, err=True)


def _wait(analyzer: "Spectrometer") -> None:
    """Until Enter, a line on stdin, or the trigger."""
    has_trigger = analyzer.capabilities.has_trigger
    stdin: TextIO | None = sys.stdin
    _say("Then press Enter or the trigger." if has_trigger else "Then press Enter.")
    while True:
        if stdin is not None and _ready(stdin, 0.0 if has_trigger else _POLL_S):
            if stdin.readline():
                return
            stdin = None  # at its end
        if has_trigger and analyzer.wait_trigger(_POLL_S) is not None:
            return
        if stdin is None and not has_trigger:
            raise NobodyConfirms(
                "Nobody can say that the empty container is in place.",
                remedy="Use `ramix acquire --output blank.csv`, then --blank blank.csv.",
            )


def _ready(stream: TextIO, wait_s: float) -> bool:
    try:
        return bool(select.select([stream], [], [], wait_s)[0])
    except (OSError, ValueError):  # closed, or no file at all: reading says so
        return True


def _saved(acquisition: "Acquisition", serial: str) -> Path:
    from device import installation
    from device.cli.acquired_file import SaveError, save_acquisition
    from device.durable import OWN_FOLDER, make_folder

    folder = installation.data_dir() / "blanks"
    try:
        make_folder(folder, OWN_FOLDER)
    except OSError as error:
        raise SaveError(
            f"{folder} cannot be made ({why_not(error)}).", remedy="Make room for it."
        ) from error
    name = datetime.now(UTC).strftime("blank-%Y%m%dT%H%M%S.%fZ.csv")
    save_acquisition(acquisition, folder / name, serial=serial, force=False)
    return folder / name
