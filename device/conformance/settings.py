"""What may be set, within which bounds, and the epoch that counts it: sections 4 and 5.

Next: `frames.py`, what is exposed with these settings.
"""

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import require
from firmware_bridge.messages import (
    GetState,
    LaserState,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    SettingsApplied,
    Status,
)

_U16, _U32_MAX, _U16_MAX = 0x1_0000, 0xFFFF_FFFF, 0xFFFF


def _refused_changes_nothing(bench: Bench, request: Request[SettingsApplied]) -> None:
    before = bench.ok(GetState())
    bench.refused(request, Status.OUT_OF_RANGE)
    after = bench.ok(GetState())
    for name in ("integration_time_us", "laser_power_mw", "settings_epoch"):
        old, new = getattr(before, name), getattr(after, name)
        require(old == new, f"the refused {request.opcode.name} changed {name} from {old} to {new}")


@check("5", "Integration times within the capabilities are taken, all others are OUT_OF_RANGE.")
def integration_time_bounds(bench: Bench) -> str:
    limits = bench.capabilities
    shortest, longest = limits.min_integration_time_us, limits.max_integration_time_us
    for wanted_us in (shortest, longest):
        bench.ok(SetIntegrationTime(wanted_us))
        told = bench.ok(GetState()).integration_time_us
        require(told == wanted_us, f"{wanted_us} us were set, {told} are told")
    for wanted_us in {0, shortest - 1, min(longest + 1, _U32_MAX), _U32_MAX}:
        if not shortest <= wanted_us <= longest:
            _refused_changes_nothing(bench, SetIntegrationTime(wanted_us))
    return f"{shortest} to {longest} us"


@check(
    "5", "Laser powers up to max_laser_power_mw are taken, others OUT_OF_RANGE; no light is made."
)
def laser_power_bounds(bench: Bench) -> str:
    most = bench.capabilities.max_laser_power_mw
    for wanted_mw in (most, 0):  # at rest the lower one stays
        bench.ok(SetLaserPower(wanted_mw))
        state = bench.ok(GetState())
        told = state.laser_power_mw
        require(told == wanted_mw, f"{wanted_mw} mW were set, {told} are told")
        require(state.laser_state is not LaserState.ON, "setting the power made light")
    for wanted_mw in {min(most + 1, _U16_MAX), _U16_MAX} - {most}:
        _refused_changes_nothing(bench, SetLaserPower(wanted_mw))
    return f"0 to {most} mW"


@check("4", "settings_epoch grows by one with each setting that is done, and with nothing else.")
def epoch_counts_settings(bench: Bench) -> str:
    epoch = bench.ok(GetState()).settings_epoch
    exposure_us = bench.clamp_exposure(20.0)
    requests = (SetIntegrationTime(exposure_us), SetIntegrationTime(exposure_us), SetLaserPower(0))
    for request in requests:
        applied: SettingsApplied = bench.ok(request)
        wanted = (epoch + 1) % _U16
        require(
            applied.settings_epoch == wanted,
            f"after {request.opcode.name} the epoch is {applied.settings_epoch}, not {wanted}",
        )
        epoch = wanted
        told = bench.ok(GetState()).settings_epoch
        require(told == epoch, f"GET_STATE tells epoch {told}, the setting was answered {epoch}")
    bench.refused(SetIntegrationTime(0), Status.OUT_OF_RANGE)
    told = bench.ok(GetState()).settings_epoch
    require(told == epoch, f"a refused setting made the epoch {told}")
    return f"{len(requests)} settings, {len(requests)} steps"


CHECKS = (integration_time_bounds, laser_power_bounds, epoch_counts_settings)
