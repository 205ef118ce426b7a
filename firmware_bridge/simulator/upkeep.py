"""What the simulated firmware answers about itself: who it is, what it has, how it fares.

Nothing here changes light or exposure.

Next: `slot_store.py`, which answers the requests to the model slots.
"""

from typing import Any

from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    CalibrationBytes,
    Camera,
    Capabilities,
    DeviceInfo,
    EventKind,
    GetCamera,
    GetCapabilities,
    Hello,
    ReadCalibration,
    Request,
    Status,
    WriteCalibration,
)
from firmware_bridge.simulator.body import Body
from firmware_bridge.simulator.calibration_store import MAX_PAGE_BYTES, CalibrationStore
from firmware_bridge.simulator.camera_figures import figures_of
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.flash_work import FlashWork
from firmware_bridge.simulator.laser import MAX_LEASE_MS, MIN_LEASE_MS
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.scenes import Scene
from firmware_bridge.simulator.slot_store import MAX_CHUNK, SLOT_COUNT, SlotStore


class Upkeep:
    """Identity, capabilities, camera figures, calibration page and slots of one instrument."""

    def __init__(
        self,
        info: DeviceInfo,
        model: DetectorModel,
        equipment: Equipment,
        body: Body,
        flash: Flash,
        factory_page: bytes,
        *,
        pixel_count: int,
        needs_key: bool,
    ) -> None:
        self.body = body
        self._work = FlashWork(equipment.flash_work_s, self._at_the_flash)
        self.slots = SlotStore(flash)
        self.forced_page: bytes | None = None  # by hand, until the next restart
        self._calibration = CalibrationStore(flash, max_chunk=MAX_CHUNK)
        self._factory_page = factory_page
        self._info = info
        self._model = model
        self._equipment = equipment
        self._pixel_count = pixel_count
        self._needs_key = needs_key

    def handle(self, request: Request[Any], scene: Scene, now_s: float) -> Message:
        """The reply. Raises `Refused`, or `SlotRefused` where the rules of the slots forbid."""
        match request:
            case Hello():
                return self._info
            case GetCapabilities():
                return self._capabilities()
            case GetCamera():
                return self._camera(scene)
            case ReadCalibration():
                return CalibrationBytes(self._page())
        told = self.body.handle(request, now_s)
        if told is not None:
            return told
        return self._work.answer(request, now_s)

    @property
    def work_ends_s(self) -> float | None:
        """When the flash, which is at work, will be done."""
        return self._work.ends_s

    def advance(self, now_s: float) -> None:
        """End the flash's work when it is due."""
        self._work.advance(now_s)

    def _at_the_flash(self, request: Request[Any], now_s: float) -> Message:
        try:
            if isinstance(request, WriteCalibration):
                return self._calibration.write(request.offset, request.size, request.data)
            return self.slots.handle(request)
        except Refused as error:
            if error.status is Status.FLASH_FAILED:
                self.body.note(EventKind.FLASH_FAILED, now_s, request.opcode)
            raise

    def _page(self) -> bytes:
        """The newest page in the flash, or that of the factory where none has been written."""
        if self.forced_page is not None:
            return self.forced_page
        return self._calibration.page or self._factory_page

    def _camera(self, scene: Scene) -> Camera:
        if not self._equipment.tells_camera:
            return Camera()
        return figures_of(self._model, scene, self._pixel_count)

    def _capabilities(self) -> Capabilities:
        model, equipment = self._model, self._equipment
        return Capabilities(
            pixel_count=self._pixel_count,
            min_integration_time_us=round(model.min_integration_time_ms * 1e3),
            max_integration_time_us=round(model.max_integration_time_ms * 1e3),
            max_laser_power_mw=model.full_laser_power_mw,
            min_lease_ms=MIN_LEASE_MS,
            max_lease_ms=MAX_LEASE_MS,
            slot_count=SLOT_COUNT,
            slot_size=self.slots.slot_bytes,
            max_chunk=MAX_CHUNK,
            has_tec=equipment.has_tec,
            has_trigger=equipment.has_trigger,
            has_interlock=equipment.has_interlock,
            has_thermometer=equipment.has_thermometer,
            calibration_size=MAX_PAGE_BYTES,
            needs_key=self._needs_key,
        )
