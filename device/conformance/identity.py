"""Who the analyzer is and what it has: sections 4 and 10.

Next: `streams.py`, packets in damaged streams.
"""

from typing import Any

from device.conformance.bench import Bench
from device.conformance.check import check
from device.conformance.outcome import CheckSkipped, require
from firmware_bridge.messages import (
    LONGEST_LEASE_MS,
    MIN_CHUNK_BYTES,
    PROTOCOL_VERSION,
    Flush,
    GetCamera,
    GetCapabilities,
    GetState,
    Hello,
    Request,
)


def _told_alike(bench: Bench, request: Request[Any], times: int = 3) -> None:
    """The same bytes each time, also with other requests in between."""
    told = set()
    for _ in range(times):
        packet = bench.packet(request)
        bench.wire.send(packet)
        told.add(bench.wire.reply(packet).payload)
        bench.ok(GetState())
        bench.ok(Flush())
    require(len(told) == 1, f"{request.opcode.name} told {len(told)} different things")


@check("4", "HELLO tells a serial number and this protocol version, the same each time.")
def hello_is_stable(bench: Bench) -> str:
    info = bench.ok(Hello())
    require(
        info.protocol_version == PROTOCOL_VERSION,
        f"protocol version {info.protocol_version}, not {PROTOCOL_VERSION}",
    )
    require(info.serial, "the serial number is empty")
    require(info.product, "the product is empty")
    _told_alike(bench, Hello())
    return f"{info.product} {info.serial}, firmware {info.firmware_version}"


@check("5", "GET_CAPABILITIES tells the same until the next restart.")
def capabilities_are_stable(bench: Bench) -> str:
    first = bench.ok(GetCapabilities())
    _told_alike(bench, GetCapabilities())
    return f"{first.pixel_count} pixels, {first.slot_count} slots"


@check("10", "Capabilities are within the bounds that the host accepts.")
def capabilities_are_bounded(bench: Bench) -> str:
    limits = bench.ok(GetCapabilities())
    shortest, longest = limits.min_integration_time_us, limits.max_integration_time_us
    require(limits.pixel_count >= 3, f"{limits.pixel_count} pixels, not at least 3")
    require(0 < shortest <= longest, f"integration times from {shortest} to {longest} us")
    require(
        0 < limits.max_lease_ms <= LONGEST_LEASE_MS,
        f"max_lease_ms is {limits.max_lease_ms}, not 1 to {LONGEST_LEASE_MS}",
    )
    require(
        limits.min_lease_ms <= limits.max_lease_ms,
        f"min_lease_ms is {limits.min_lease_ms}, above max_lease_ms",
    )
    if limits.slot_count or limits.calibration_size:
        require(
            limits.max_chunk >= MIN_CHUNK_BYTES,
            f"max_chunk is {limits.max_chunk}, not at least {MIN_CHUNK_BYTES}",
        )
    require(limits.has_thermometer or not limits.has_tec, "a cooler without a thermometer")
    return f"exposures {shortest} to {longest} us, leases to {limits.max_lease_ms} ms"


@check("10", "GET_CAMERA tells what is known of the camera, the same each time; the rest is zero.")
def camera_is_stable(bench: Bench) -> str:
    camera = bench.ok(GetCamera())
    _told_alike(bench, GetCamera())
    useful = camera.useful_range
    if useful is not None:
        count = bench.capabilities.pixel_count
        require(useful[1] < count, f"useful pixels to {useful[1]} of a detector of {count}")
    return f"known figures: {camera.known.value:#x}"


@check("5", "What the analyzer has not is 0 or closed in its state.")
def what_it_lacks_is_zero(bench: Bench) -> str:
    limits, state = bench.capabilities, bench.ok(GetState())
    lacks = [
        name
        for name in ("has_tec", "has_trigger", "has_interlock", "has_thermometer")
        if not getattr(limits, name)
    ]
    if not lacks:
        raise CheckSkipped("it has all that can be lacking")
    require(limits.has_tec or not state.tec_locked, "tec_locked is 1 without a cooler")
    require(limits.has_trigger or not state.trigger_count, "presses of a trigger that is not there")
    require(
        limits.has_interlock or state.interlock_closed, "an interlock that is not there is open"
    )
    require(
        limits.has_thermometer or not state.detector_temperature_c,
        "a temperature without a thermometer",
    )
    return f"without {', '.join(name.removeprefix('has_') for name in lacks)}"


CHECKS = (
    hello_is_stable,
    capabilities_are_stable,
    capabilities_are_bounded,
    camera_is_stable,
    what_it_lacks_is_zero,
)
