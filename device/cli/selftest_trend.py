"""`ramix selftest --trend`: the kept self-tests of one analyzer, as table, picture or JSON.

Next: `../selftest/trend.py`, what is shown.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.output import print_json
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:
    from device.selftest.standing import EventChain


def show_trend(
    store: Path | None, last: int, serial: str | None, picture: Path | None, *, as_json: bool
) -> None:
    """Print the last self-tests of `serial`; of the only analyzer where none is named.

    Raises:
        CallerError: there are several analyzers, or no self-test.
        RecordStoreError: the store cannot be read.
        PlotUnavailable, PlotNotWritten: there is no picture.
    """
    from device.installation import default_record_store_path
    from device.records.store import RecordStore
    from device.selftest.standing import kept_reports
    from device.selftest.trend import trend, trend_json

    if picture is not None:
        from device.show.plot import require_plotting

        require_plotting(picture)
    path = store or default_record_store_path()
    if not path.exists():
        raise _none(f"There are no records in {path}.")
    with RecordStore(path, read_only=True) as records:
        known = serials(records)
        if serial is None:
            if len(known) > 1:
                raise CallerError(
                    f"There are self-tests of {len(known)} analyzers: {', '.join(known)}.",
                    remedy="Name one with --serial.",
                )
            serial = known[0] if known else ""
        kept = kept_reports(records, serial)[:last]
    if not kept:
        raise _none(f"There is no self-test{f' of {serial}' if serial else ''} in {path}.")
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
    click.echo(f"Analyzer {serial}: {len(kept)} self-tests, {first:%Y-%m-%d} to {newest:%Y-%m-%d}")
    for row in trend_lines(series, unicode=terminal_style().unicode):
        click.echo(row)
    if picture is not None:
        click.echo(f"picture {picture}")


def serials(chain: "EventChain") -> list[str]:
    """Of the analyzers that have self-tests, the one tested last first."""
    from device.selftest.standing import every_report

    return list(dict.fromkeys(one.report.serial for one in every_report(chain)))


def _none(text: str) -> CallerError:
    return CallerError(text, remedy="Make one: ramix selftest --port PORT")
