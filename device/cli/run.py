"""`ramix run`: the handheld's main loop, an answer for every press of the trigger.

Next: `../station/station.py`, which it stands on; `../runtime.py`, the loop itself.
"""

from typing import TYPE_CHECKING

import click

from device.cli.about_options import about_options
from device.cli.options import common_options, port_option
from device.cli.output import clear_progress, print_ramix_error
from device.cli.station_options import StationOptions, station_options
from device.cli.watch_file import read_watch_list, watch_list_option
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.records.about import About


@click.command()
@port_option()
@click.option(
    "--triggers",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Leave after N presses of the trigger. [default: go on until Ctrl-C]",
)
@station_options(countdown="2")
@watch_list_option
@about_options
@common_options
def run(
    port: str,
    triggers: int | None,
    on: StationOptions,
    watch_list: str | None,
    about: "About",
    as_json: bool,
    timeout_s: float,
) -> int:
    """Identify at every press of the trigger.

    The model is the one in the analyzer's active slot; it must pass its golden vectors first.
    Every result is stored before it is shown. With --json each press gives one line: a result, or
    an error object when that measurement failed. A simulated list of scenes adds its `truth` to the
    line, after the answer has been stored.

    \b
    Examples:
      ramix run --port usb:
      ramix run --port sim:replay=sample.txt --triggers 3 --json
      ramix run --port sim:scenes=demo --triggers 10 --json
      ramix run --port usb: --blank empty-vial.csv
      ramix run --port usb: --countdown 5
      ramix run --port usb: --watch-list forbidden.txt

    Two seconds pass between a press and the first light (--countdown); a second press in this time
    cancels the measurement: no light, no record. A press while the laser is on stops it: laser off,
    no record.

    An analyzer that is unplugged or restarts is waited for: the same one, by its serial number,
    answers the trigger again when it is back.

    Ctrl-C ends it with the laser off and exit code 130, also in the middle of a measurement. With
    --triggers the exit code is 0, or the last failure's if no press gave a result.
    """
    from dataclasses import replace

    from device.cli.equipment import equipment_of, station_of
    from device.cli.exit_codes import exit_code_for_error
    from device.cli.keeping_log import keep_log
    from device.cli.outcome import show_answer, warn_of_model
    from device.cli.showing import print_event
    from device.cli.simulated_truth import opener_and_truth
    from device.countdown import DEFAULT_COUNTDOWN_S
    from device.station.service_manager import watched
    from device.station.trigger_stop import stopped_by_trigger

    opener, truth = opener_and_truth(port, timeout_s)  # a typing error is told before all else
    keep_log()
    watch = read_watch_list(watch_list)
    equipment = equipment_of(port, on, countdown_s=DEFAULT_COUNTDOWN_S)
    failures: list[RamixError] = []

    def show_failure(failure: RamixError) -> None:
        failures.append(failure)
        clear_progress()
        print_ramix_error(failure, as_json=as_json)

    station = station_of(
        port, on, replace(equipment, start_as="run"), stopped_by_trigger(opener),
        watched(print_event), asked=watch.asked_of, about=about, sample_next=False,
    )  # fmt: skip
    with station:
        if as_json:
            warn_of_model(station.identifier)
        answered = station.run(
            show=lambda done: show_answer(
                done.answer,
                done.record_id,
                station.identifier,
                code=done.code,
                as_json=as_json,
                picture=None,
                truth=truth(),
            ),
            show_failure=show_failure,
            triggers=triggers,
        )
    clear_progress()
    return exit_code_for_error(failures[-1]) if failures and not answered else 0
