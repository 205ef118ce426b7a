"""`ramix selftest --trend`: the kept self-tests of one analyzer, as table, picture or JSON.

Next: `../selftest/trend.py`, what is shown.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.output import print_json
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:
    from device.selftest.standing import KeptReport


def show_trend(
    store: Path | None, last: int, serial: str | None, picture: Path | None, *, as_json: bool
) -> None:
    """Print the last self-tests of `serial`; of the only analyzer where none is named.

    Raises:
        CallerError: there are several analyzers, or no self-test.
        RecordStoreError: the store cannot be read.
        PlotUnavailable, PlotNotWritten: there is no picture.
    """
    from device.selftest.trend import trend, trend_json

    if picture is not None:
        from device.show.picture import require_plotting

        require_plotting(picture)
    kept, where = _kept(store)
    known = list(dict.fromkeys(one.report.serial for one in kept))
    if serial is None and len(known) > 1:
        raise CallerError(
            f"There are self-tests of {len(known)} analyzers: {', '.join(known)}.",
            remedy="Name one with --serial.",
        )
    serial = serial or "".join(known)
    kept = [one for one in kept if one.report.serial == serial][:last]
    if not kept:
        raise CallerError(
            f"There is no self-test{f' of {serial}' if serial else ''} in {where}.",
            remedy="Make one: ramix selftest --port PORT",
        )
    series = trend(kept)
    if picture is not None:
        from device.show.selftest import plot_trend

        plot_trend(series, serial, picture)
    if as_json:
        print_json(trend_json(serial, series))
        return
    from device.cli.outcome import terminal_style
    from device.show.selftest import trend_lines

    first, newest = kept[-1].report.utc, kept[0].report.utc
    click.echo(f"Analyzer {serial}, self-tests: {len(kept)}, {first:%Y-%m-%d} to {newest:%Y-%m-%d}")
    for row in trend_lines(series, unicode=terminal_style().unicode):
        click.echo(row)
    if picture is not None:
        click.echo(f"picture {picture}")


def _kept(store: Path | None) -> "tuple[list[KeptReport], str]":
    """All self-tests, the newest first, and where they lie: `store`, or the two usual ones."""
    from device.records.journal import usual_store
    from device.records.store import RecordStore
    from device.selftest.standing import every_report

    if store is not None:
        stores = [RecordStore(store, read_only=True)]
    else:  # those of simulated analyzers lie apart
        stores = [usual_store(simulated=one, read_only=True) for one in (False, True)]
    kept: list[KeptReport] = []
    for opened in stores:
        with opened:
            kept += every_report(opened) if opened.path.exists() else []
    return kept, " and ".join(str(one.path) for one in stores)
