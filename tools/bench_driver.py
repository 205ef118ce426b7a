"""Frames through the driver, beside a bare pyusb loop that writes a request and reads the reply.

Both talk to simulated analyzers on one simulated bus, whose exposure is made too short to count.
Twice: with the simulated camera's noise, whose arithmetic takes about as long as a real bus takes
for 4 KB, and with a replay that costs next to nothing, where only the work per frame is left. The
bare loop checks nothing; the driver checks CRCs, ids, settings epoch and frame number.
Next: `bench.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import usb.core
import usb.util

from device.driver.analyzer import Analyzer
from device.driver.transports.usb_bulk import open_usb
from firmware_bridge.framing import Framing, Packet, encode_for
from firmware_bridge.messages import AcquireFrame, ArmLaser, LaserOff, Request, SetIntegrationTime
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene, ReplayScene, Scene
from firmware_bridge.simulator.usb_backend import SimulatedUsbBackend
from firmware_bridge.usb_ids import ENDPOINT_IN, ENDPOINT_OUT, PRODUCT_ID, VENDOR_ID
from tools.bench_timing import Aim, Row, interleaved, rows

SPEED = 1e6
PIXELS = 2048
INTEGRATION_TIME_MS = 10.0
LEASE_MS = 500
READ_BYTES = 16 * 1024
TIMEOUT_MS = 1000

RAW_CAMERA = "raw loop, noisy camera"
DRIVER_CAMERA = "driver, noisy camera"
RAW_REPLAY = "raw loop, replay"
DRIVER_REPLAY = "driver, replay"
RAW_LIT = "raw loop, replay, laser on"
DRIVER_LIT = "driver, replay, laser on"
AIM = "<= 1.43"  # of the time: 0.7 of the frame rate


def measure(rounds: int) -> list[Row]:
    """Rows of the group "driver", microseconds a frame."""
    counts = np.full(PIXELS, 1000.0)
    replay = ReplayScene(3.0 * counts, counts, INTEGRATION_TIME_MS)
    camera = EmptyScene()
    scenes: dict[str, Scene] = {
        "raw camera": camera,
        "camera": camera,
        "raw replay": replay,
        "replay": replay,
    }
    bus = SimulatedUsbBackend(
        {serial: SimulatedAnalyzer(scene, speed=SPEED) for serial, scene in scenes.items()}
    )
    raw_camera, raw_replay = _raw_handle(bus, "raw camera"), _raw_handle(bus, "raw replay")
    with (
        Analyzer(open_usb("camera", backend=bus)) as camera_analyzer,
        Analyzer(open_usb("replay", backend=bus)) as replay_analyzer,
    ):
        for analyzer in (camera_analyzer, replay_analyzer):
            analyzer.set_integration_time_ms(INTEGRATION_TIME_MS)
        dark = AcquireFrame(laser_on=False)
        lit = (ArmLaser(LEASE_MS), AcquireFrame(laser_on=True), LaserOff())
        times = interleaved(
            {
                RAW_CAMERA: _raw_loop(raw_camera, dark),
                DRIVER_CAMERA: lambda _: camera_analyzer.acquire_frame(laser_on=False),
                RAW_REPLAY: _raw_loop(raw_replay, dark),
                DRIVER_REPLAY: lambda _: replay_analyzer.acquire_frame(laser_on=False),
                RAW_LIT: _raw_loop(raw_replay, *lit),
                DRIVER_LIT: lambda _: replay_analyzer.acquire_frame(laser_on=True),
            },
            rounds,
        )
    for handle in (raw_camera, raw_replay):
        usb.util.dispose_resources(handle)
    aims = {
        DRIVER_CAMERA: Aim(RAW_CAMERA, AIM),
        DRIVER_REPLAY: Aim(RAW_REPLAY, AIM),
        DRIVER_LIT: Aim(RAW_LIT, AIM),
    }
    return rows("driver", times, unit="us", scale=1e6, aims=aims)


def _raw_handle(bus: SimulatedUsbBackend, serial: str) -> Any:
    handle = usb.core.find(
        backend=bus,
        idVendor=VENDOR_ID,
        idProduct=PRODUCT_ID,
        custom_match=lambda found: bool(found.serial_number == serial),
    )
    handle.set_configuration()
    _raw_loop(handle, SetIntegrationTime(round(1000 * INTEGRATION_TIME_MS)))
    return handle


def _raw_loop(handle: Any, *requests: Request[Any]) -> Callable[[int], None]:
    """Write each request once; then again in every call, reading as many bytes as came then."""
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
    """Bytes until none come any more."""
    received = 0
    while True:
        try:
            received += len(handle.read(ENDPOINT_IN, READ_BYTES, 100 if received else TIMEOUT_MS))
        except usb.core.USBTimeoutError:
            return received
