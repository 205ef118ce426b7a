"""A bad day on the virtual clock: unplugged, restarted, bytes lost; no press is forgotten.

The long run has its own command: `station_soak.py`.
"""

from pathlib import Path

import pytest

from device.runtime import StoredAnswer
from tests.station_soak import BadDay

TRIGGERS = 60


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_day_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    day = BadDay(tmp_path / "records.sqlite", TRIGGERS, seed).run()
    assert day.answers > TRIGGERS // 2
    assert day.links_lost >= day.reconnected > 3
    assert day.cancelled and day.interrupts


def test_a_record_that_was_shown_and_not_kept_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: one answer is shown twice."""
    show = BadDay._show

    def twice(day: BadDay, one: StoredAnswer) -> None:
        day._kept += [] if day._kept or one.record_id is None else [one.record_id]
        show(day, one)

    monkeypatch.setattr(BadDay, "_show", twice)
    with pytest.raises(AssertionError):
        BadDay(tmp_path / "records.sqlite", 5, 1).run()
