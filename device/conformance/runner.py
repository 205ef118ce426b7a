"""Runs checks one after the other on an analyzer that rests in between, dark and idle.

Next: `report.py`, what becomes of the results.
"""

import logging
from collections.abc import Generator, Iterable
from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Check, Needs
from device.conformance.outcome import CheckFailed, CheckSkipped, Outcome, Result
from firmware_bridge.errors import LinkError, LinkTimeout
from firmware_bridge.messages import Abort, GetState, SetIntegrationTime, SetLaserPower

_KNOCK_S: Final = 0.5
_FILLER: Final = bytes(8 * 1024)
_WHY_NOT: Final = {
    Needs.LASER: "makes laser light: allow it with --hazardous",
    Needs.HINDERED: "asks for laser light: allow it with --hazardous",
    Needs.FLASH: "writes to the flash: allow it with --slots",
}


def knock(bench: Bench) -> None:
    """Wait until the analyzer answers anything at all; end what an earlier host left half sent.

    Raises:
        LinkTimeout: it does not.
        LinkError: the link failed.
    """
    wire = bench.wire
    end_s = wire.now_s() + wire.patience_s
    while wire.now_s() < end_s:
        wire.send(bench.packet(Abort()))
        again_s = min(wire.now_s() + _KNOCK_S, end_s)
        while wire.now_s() < again_s and not wire.arrivals:
            wire.listen(again_s - wire.now_s())
        if wire.arrivals:
            bench.rest()
            wire.count_from_here()
            return
        wire.write(_FILLER)
    raise LinkTimeout(f"The analyzer at {wire.transport.name} answers nothing.")


def run_checks(
    bench: Bench, checks: Iterable[Check], allowed: Needs
) -> Generator[Result, None, None]:
    """A result for each check; one that needs what is not allowed is skipped.

    In the end, and when it is closed before, the analyzer is dark, idle, and its integration time
    and laser power are what they were. A link that is lost ends the
    checks where the port cannot be opened again: the rest is skipped.
    """
    before = _settings(bench)
    lost = ""
    try:
        for check in checks:
            missing = check.needs & ~allowed
            if lost:
                yield _result(check, Outcome.SKIPPED, lost)
            elif missing:
                yield _result(check, Outcome.SKIPPED, _WHY_NOT[missing])
            else:
                result, lost = _run(bench, check)
                yield result
    finally:  # also where somebody interrupts a check
        if not lost:
            _restore(bench, before)


def _run(bench: Bench, check: Check) -> tuple[Result, str]:
    """The result, and why no further check can run; that is empty when they can."""
    try:
        bench.wire.forget()
        try:
            if check.needs & Needs.LASER:
                bench.require_light_possible()
            result = _result(check, Outcome.PASSED, check.run(bench))
        except CheckFailed as error:
            result = _result(check, Outcome.FAILED, str(error))
        except CheckSkipped as error:
            result = _result(check, Outcome.SKIPPED, str(error))
        bench.rest()
        return result, ""
    except LinkError as error:
        result = _result(check, Outcome.FAILED, error.text)
    try:
        bench.reopen()
        bench.rest()
    except (LinkError, CheckSkipped):
        return result, f"the link was lost in {check.name}"
    return result, ""


def _result(check: Check, outcome: Outcome, came: str) -> Result:
    return Result(check.name, check.section, check.rule, outcome, came)


def _settings(bench: Bench) -> tuple[int, int] | None:
    """Integration time in us and laser power in mW; None where they are not told."""
    try:
        state = bench.ok(GetState())
    except CheckFailed:
        return None
    return state.integration_time_us, state.laser_power_mw


def _restore(bench: Bench, before: tuple[int, int] | None) -> None:
    """Dark, idle, and the settings of before; what fails here has failed in a check already."""
    try:
        bench.rest()
        if before is not None:
            bench.ok(SetIntegrationTime(before[0]))
            bench.ok(SetLaserPower(before[1]))
    except (CheckFailed, LinkError) as error:
        logging.getLogger("ramix.conformance").warning("settings were not restored: %s", error)
