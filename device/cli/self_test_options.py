"""Options of verbs that measure: what an old or failed self-test does, `@self_test_options`.

Next: `self_tests.py`, which asks.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from device.cli.options import with_options

# Spelled here again, because its owner imports arrays; a test compares the two.
DEFAULT_INTERVAL_H: Final = 24.0

_OPTIONS = (
    click.option(
        "--self-test-interval",
        type=click.FloatRange(0.0, 8760.0, min_open=True),
        default=DEFAULT_INTERVAL_H,
        show_default=True,
        envvar="RAMIX_SELF_TEST_INTERVAL",
        show_envvar=True,
        metavar="HOURS",
        help="Warn when the analyzer's last self-test is older.",
    ),
    click.option(
        "--despite-self-test",
        is_flag=True,
        help="Measure although the analyzer's last self-test failed; the result says so.",
    ),
)


class SelfTestRules(NamedTuple):
    """interval_h: after which a self-test is old. despite: measure although it failed."""

    interval_h: float = DEFAULT_INTERVAL_H
    despite: bool = False


def self_test_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets `self_test`, the `SelfTestRules`."""

    @wraps(command)
    def with_rules(
        *arguments: Any, self_test_interval: float, despite_self_test: bool, **others: Any
    ) -> Any:
        rules = SelfTestRules(self_test_interval, despite_self_test)
        return command(*arguments, self_test=rules, **others)

    return with_options(with_rules, _OPTIONS)
