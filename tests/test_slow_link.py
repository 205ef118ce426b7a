"""A link of long latency opens with a timeout that suits it, and says what it is too slow for."""

import logging

import numpy as np
import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from firmware_bridge.errors import LinkTimeout
from firmware_bridge.messages import LaserState, Opcode
from tests.delayed_analyzer import DelayedAnalyzer
from tests.hostile import Liar
from tests.test_hostile_firmware import SCENE, liar, sentence


def opening(firmware: Liar, latency_s: float, timeout_s: float) -> Analyzer:
    return Analyzer(InProcessTransport(DelayedAnalyzer(firmware, latency_s)), timeout_s=timeout_s)


@pytest.mark.parametrize("latency_s", [0.05, 0.3, 0.6, 1.0])
def test_a_slow_link_opens_measures_dark_and_closes(
    latency_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    firmware = liar()
    with caplog.at_level(logging.WARNING), opening(firmware, latency_s, 10.0) as analyzer:
        assert analyzer.info == firmware.honest.info
        assert np.array_equal(analyzer.acquire_frame(laser_on=False).counts, SCENE.dark_counts)
    assert not caplog.records  # LASER_OFF was acknowledged, however late
    assert firmware.honest.laser_state is LaserState.OFF


def test_repetitions_become_rarer() -> None:
    firmware = liar()
    with opening(firmware, 2.0, 10.0):
        pass
    assert firmware.asked.count(Opcode.ABORT) <= 4  # every 0.4 s, it would be ten


def test_a_timeout_below_the_latency_says_so() -> None:
    firmware = liar()
    with pytest.raises(LinkTimeout) as caught, opening(firmware, 0.6, 1.0):
        pass
    assert "did not answer ABORT: nothing came back" in sentence(caught.value)


def test_a_link_too_slow_for_the_laser_is_told_as_that() -> None:
    firmware = liar()
    with opening(firmware, 0.6, 10.0) as analyzer, pytest.raises(LinkTimeout) as caught:
        analyzer.acquire_frame(laser_on=True)
    assert "took 1.2 s, longer than the laser's lease of 500 ms" in sentence(caught.value)
    assert not firmware.honest.laser_on_log
