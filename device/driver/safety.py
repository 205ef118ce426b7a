"""What protects sample and measurement, as settings: the defaults are for what nobody knows.

Next: `first_light.py`, which begins with them; `../cooling.py`, which waits for the detector.
"""

from dataclasses import dataclass, field

from firmware_bridge.errors import CallerError

DEFAULT_COOLER_WAIT_S = 30.0
# What silicon is cooled to, and where it would only be warmed.
LEAST_COOLER_C, MOST_COOLER_C = -100.0, 30.0


@dataclass(frozen=True)
class CoolerSettings:
    """setpoint_c: None takes -20 C, or the maker's. wait_s: for it to be reached; 0: not at all."""

    setpoint_c: float | None = None
    wait_s: float = DEFAULT_COOLER_WAIT_S

    def __post_init__(self) -> None:
        setpoint_c = self.setpoint_c
        if setpoint_c is not None and not LEAST_COOLER_C <= setpoint_c <= MOST_COOLER_C:
            raise CallerError(
                f"A detector is cooled to {LEAST_COOLER_C:g} to {MOST_COOLER_C:g} C, "
                f"not {setpoint_c:g}."
            )
        if not 0.0 <= self.wait_s < float("inf"):
            raise CallerError("The wait for the cooler must be 0 s or more.")


@dataclass(frozen=True)
class Safety:
    """heating_watch: signs of heating end the measurement. False: they are not looked for.
    dark_sample: power is a tenth of the analyzer's maximum at most, unless one was given, and the
        first light has 1 mW.
    """

    heating_watch: bool = True
    dark_sample: bool = False
    cooler: CoolerSettings = field(default_factory=CoolerSettings)
