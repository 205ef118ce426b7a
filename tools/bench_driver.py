"""Frames through the driver, beside a bare pyusb loop that writes a request and reads the reply.

Both talk to simulated analyzers on one simulated bus, whose exposure is made too short to count
and whose replay costs next to nothing: what is left is the work per frame. The bare loop checks
nothing, the driver checks CRCs, ids, settings epoch and frame number. Next: `bench.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import usb.core

from device.driver.analyzer import Analyzer
from device.driver.transports.usb_bulk import open_usb
from firmware_bridge.framing import Framing, Packet, encode_for
from firmware_bridge.messages import AcquireFrame, ArmLaser, LaserOff, Request
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend
from firmware_bridge.usb_ids import ENDPOINT_IN, ENDPOINT_OUT, PRODUCT_ID, VENDOR_ID
from tools.bench_timing import Aim, Row, interleaved, rows

SPEED = 1e6
PIXELS = 2048
INTEGRATION_TIME_MS = 10.0
LEASE_MS = 500
READ_BYTES = 16 * 1024
TIMEOUT_MS = 1000

RAW_DARK = "raw loop, dark frame"
DRIVER_DARK = "driver, dark frame"
RAW_LIT = "raw loop, arm + frame + off"
DRIVER_LIT = "driver, arm + frame + off"


def measure(rounds: int) -> list[Row]:
    """Rows of the group "driver"; a frame rate of 0.7 of the bare loop is 1.43 of its time."""
    counts = np.full(PIXELS, 1000.0)
    scene = ReplayScene(3.0 * counts, counts, INTEGRATION_TIME_MS)
    bus = SimulatedUsbBackend(
        {serial: SimulatedAnalyzer(scene, speed=SPEED) for serial in ("RAW", "DRIVER")}
    )
    raw = usb.core.find(backend=bus, idVendor=VENDOR_ID, idProduct=PRODUCT_ID, custom_match=_is_raw)
    raw.set_configuration()
    with Analyzer(open_usb("DRIVER", backend=bus)) as analyzer:
        analyzer.set_integration_time_ms(INTEGRATION_TIME_MS)
        times = interleaved(
            {
                RAW_DARK: _raw_loop(raw, AcquireFrame(laser_on=False)),
                DRIVER_DARK: lambda _: analyzer.acquire_frame(laser_on=False),
                RAW_LIT: _raw_loop(
                    raw, ArmLaser(LEASE_MS), AcquireFrame(laser_on=True), LaserOff()
                ),
                DRIVER_LIT: lambda _: analyzer.acquire_frame(laser_on=True),
            },
            rounds,
        )
    usb.util.dispose_resources(raw)
    aims = {DRIVER_DARK: Aim(RAW_DARK, "<= 1.43"), DRIVER_LIT: Aim(RAW_LIT, "<= 1.43")}
    return rows("driver", times, unit="us", scale=1e6, aims=aims)


def _is_raw(handle: Any) -> bool:
    return bool(handle.serial_number == "RAW")


def _raw_loop(handle: Any, *requests: Request[Any]) -> Callable[[int], None]:
    """Write each request, read until as many bytes have come as its first reply had."""
    written = [
        encode_for(Framing.RAW, Packet(request.opcode, number, payload=request.to_bytes()))
        for number, request in enumerate(requests)
    ]
    expected = []
    for data in written:
        handle.write(ENDPOINT_OUT, data, TIMEOUT_MS)
        expected.append(_read_whole_reply(handle))

    def loop(_: int) -> None:
        for data, size in zip(written, expected, strict=True):
            handle.write(ENDPOINT_OUT, data, TIMEOUT_MS)
            received = 0
            while received < size:
                received += len(handle.read(ENDPOINT_IN, READ_BYTES, TIMEOUT_MS))

    return loop


def _read_whole_reply(handle: Any) -> int:
    """Bytes until the bus falls silent."""
    received = 0
    while True:
        try:
            received += len(handle.read(ENDPOINT_IN, READ_BYTES, 100 if received else TIMEOUT_MS))
        except usb.core.USBTimeoutError:
            return received
