"""The options of verbs that stand on a station, as one value: `@station_options`.

Next: `equipment.py`, what they become; `light_options.py`, those about light.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from device.cli.light_options import LightOptions, growing_light_options
from device.cli.options import (
    blank_option,
    check_store_options,
    runtime_option,
    store_options,
    with_options,
)
from device.cli.self_test_options import SelfTestRules, self_test_options

Command = Callable[..., Any]


@dataclass(frozen=True)
class StationOptions:
    """Raises `click.UsageError` for what does not go together.

    blanks: files of empty containers, or `ACQUIRE`.
    store: None: the usual one.
    """

    blanks: tuple[str, ...]
    runtime: str
    light: LightOptions
    self_test: SelfTestRules
    store: Path | None
    no_store: bool

    def __post_init__(self) -> None:
        check_store_options(self.store, no_store=self.no_store)

    def refuse_at_a_file(self) -> None:
        """Raises `click.UsageError` where an option of measuring was typed."""
        self.light.refuse_at_a_file(*(["--despite-self-test"] if self.self_test.despite else []))


def station_options(countdown: str) -> Callable[[Command], Command]:
    """The command gets `on: StationOptions`; `countdown` says which one holds by default."""

    def add(command: Command) -> Command:
        @wraps(command)
        def with_station(
            *arguments: Any,
            blanks: tuple[str, ...],
            runtime: str,
            light: LightOptions,
            self_test: SelfTestRules,
            store: Path | None,
            no_store: bool,
            **others: Any,
        ) -> Any:
            on = StationOptions(blanks, runtime, light, self_test, store, no_store)
            return command(*arguments, on=on, **others)

        return with_options(with_station, _OPTIONS)

    _OPTIONS = (
        blank_option, runtime_option, growing_light_options(countdown), self_test_options,
        store_options,
    )  # fmt: skip
    return add
