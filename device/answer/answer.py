"""One identification with all that a record, a card or a plot needs to know about it.

Made by `identifier.py`. Next: `result.py`, the same as an object for programs.
"""

from dataclasses import dataclass

from device.answer.asked import Asked
from device.answer.through_containers import ContainerFound
from device.inference.bundle import Bundle
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.inference.trust import DEMO_KEY_ID
from device.spectra.spectrum import GridSpectrum, Spectrum
from device.verdict.identification import Identification


@dataclass(frozen=True)
class Signer:
    """A trusted key that signed the model; `demo` is the published one, which proves nothing."""

    key_id: str
    demo: bool


@dataclass(frozen=True)
class ModelLabel:
    """Which model answered; `sha256` is of the whole bundle."""

    name: str
    version: str
    sha256: str
    task: str
    signed_by: tuple[Signer, ...]


@dataclass(frozen=True)
class DecisionLabel:
    """What turned spectrum and model into a verdict; see `decision_identity.py`."""

    software: str  # version of ramix-edge
    version: int
    sha256: str
    runtime: str  # name and version of the network's interpreter
    fit_backend: str  # "native" or "numpy"


@dataclass(frozen=True)
class FieldLabel:
    """A compound measured in the field that the fit had beside the model's; see `field_library`."""

    name: str
    sha256: str


@dataclass(frozen=True)
class MeasuredWith:
    """How the light was taken that an answer is of; a file's spectrum has none.

    frames: lit ones; there are as many dark ones.
    looks: how often the growing measurement was looked at before it ended.
    stopped_because: `certain`, `budget`, `recording`, `more_frames_cannot_help`, or `fixed` where
        the number of frames was given.
    countdown_s: before the first light; 0: there was none.
    exposure: `found`, `given`, or `recording` where one was played at its own.
    first_light_mw: power of the first light; None: a recording is not lit.
    detector_temperature_c: mean over the lit frames; None: not known.
    cooler_setpoint_c: None: there is no cooler, or it keeps its maker's.
    overridden: what an operator set apart from the safe defaults, by the option's name.
    """

    integration_time_ms: float
    frames: int
    laser_power_mw: float | None
    looks: int
    stopped_because: str
    countdown_s: float
    exposure: str = "found"
    first_light_mw: int | None = None
    detector_temperature_c: float | None = None
    cooler_setpoint_c: float | None = None
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelfTested:
    """How the analyzer stood when it measured: its last self-test (`device/selftest/standing.py`).

    state: `passed`, `failed`, `overdue` or `never`. utc, record_id: of the last one, None without.
    despite: it had failed, and the operator measured all the same.
    """

    state: str
    utc: str | None
    record_id: str | None
    despite: bool = False


def signers_of(bundle: Bundle) -> tuple[Signer, ...]:
    """Who signed, as far as this machine trusts them."""
    return tuple(Signer(key_id, key_id == DEMO_KEY_ID) for key_id in bundle.signed_by)


@dataclass(frozen=True, eq=False)
class Answer:
    """`timings_ms` has "preprocess", "invoke", "fit" and "total", as far as the work went."""

    identification: Identification
    timings_ms: dict[str, float]
    model: ModelLabel
    decision: DecisionLabel
    spectrum: Spectrum
    gridded: GridSpectrum
    prediction: Prediction | None = None  # None when the spectrum was not interpreted
    field_compounds: tuple[FieldLabel, ...] = ()  # beside the model's own, asserted or not
    compounds: tuple[Compound, ...] = ()  # all that were asked about, in their order
    containers: tuple[ContainerFound, ...] = ()  # that the sample was measured through
    settings: MeasuredWith | None = None  # None: of a file
    self_test: SelfTested | None = None  # None: of a file, or nobody kept one
    asked: Asked = Asked()  # beside the verdict

    @property
    def names(self) -> tuple[str, ...]:
        """Of all compounds that were asked about, in their order."""
        return tuple(one.name for one in self.compounds)
