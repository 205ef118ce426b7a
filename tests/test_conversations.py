"""The stored conversations, replayed byte for byte against the simulator.

`replay` reads nothing but the JSON: what it does, a C program can do.
"""

import copy
import hmac
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.framing import Framing, Packet, encode, make_decoder
from firmware_bridge.simulator import laser
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene

STORED = json.loads((Path(__file__).parent / "vectors" / "conversations.json").read_text())
CONVERSATIONS: list[dict[str, Any]] = STORED["conversations"]


class Differs(Exception):
    """A reply is not the one expected."""


def key_of(needs: Sequence[str]) -> bytes | None:
    """The link key of a firmware that has what a story needs."""
    return bytes.fromhex(STORED["link_key"]) if "key" in needs else None


class Player:
    """Plays one conversation against a factory-new simulated analyzer."""

    def __init__(self, needs: Sequence[str] = ()) -> None:
        self._analyzer = SimulatedAnalyzer(EmptyScene(), link_key=key_of(needs))
        self._serial = self._analyzer.info.serial
        self._nonce = b""  # of the analyzer, in its last challenge
        self._now_s = 0.0
        self._replies = b""
        self._first_epoch: int | None = None
        self._actions: dict[str, Callable[[], None]] = {
            "open_interlock": lambda: self._analyzer.interlock(True),
            "close_interlock": lambda: self._analyzer.interlock(False),
            "break_laser": self._analyzer.break_laser,
            "press_trigger": self._analyzer.press_trigger,
            "restart": self._analyzer.reboot,
            "lose_link": lambda: self._analyzer.disconnect(self._now_s),
        }

    def play(self, steps: list[dict[str, Any]]) -> None:
        for number, step in enumerate(steps):
            match step["step"]:
                case "send":
                    self._analyzer.receive(bytes.fromhex(step["bytes"]), self._now_s)
                case "prove":
                    self._analyzer.receive(self._proof(step), self._now_s)
                case "advance":
                    self._let_pass(step["ms"] / 1e3)
                case "act":
                    self._actions[step["what"]]()
                case "expect":
                    self._expect(step["replies"], number)
                case other:
                    raise ValueError(other)
            self._replies += self._analyzer.poll(self._now_s)

    def _proof(self, step: dict[str, Any]) -> bytes:
        message = b"ramix link host\0" + bytes.fromhex(step["host_nonce"]) + self._nonce
        message += self._serial.encode().ljust(32, b"\0")
        proof = hmac.digest(bytes.fromhex(step["key"]), message, "sha256")
        return encode(Packet(7, step["request_id"], payload=proof))

    def _let_pass(self, duration_s: float) -> None:
        end_s = self._now_s + duration_s
        while (due_s := self._analyzer.next_due_s()) is not None and due_s < end_s:
            self._now_s = max(self._now_s, due_s)
            self._replies += self._analyzer.poll(self._now_s)
        self._now_s = end_s

    def _expect(self, wanted: list[dict[str, Any]], number: int) -> None:
        packets = make_decoder(Framing.RAW).feed(self._replies)
        self._replies = b""
        if len(packets) != len(wanted):
            raise Differs(f"step {number}: {len(wanted)} replies expected, {packets} came")
        for packet, one in zip(packets, wanted, strict=True):
            self._compare(packet, one, number)
            if packet.opcode == 6 and packet.status == 0:
                self._nonce = packet.payload

    def _compare(self, packet: Packet, wanted: dict[str, Any], number: int) -> None:
        for name in ("opcode", "request_id", "status"):
            if getattr(packet, name) != wanted[name]:
                raise Differs(f"step {number}: {name} is {getattr(packet, name)}: {wanted}")
        if not packet.is_reply:
            raise Differs(f"step {number}: no reply")
        if "payload" not in wanted:
            return
        size, payload = wanted["size"], bytes.fromhex(wanted["payload"])
        mask = bytes.fromhex(wanted["mask"])
        if (
            (len(packet.payload) != size)
            if size is not None
            else len(packet.payload) < len(payload)
        ):
            raise Differs(f"step {number}: {len(packet.payload)} bytes of payload")
        for place, care in enumerate(mask):
            if (packet.payload[place] ^ payload[place]) & care:
                raise Differs(f"step {number}: byte {place} of {packet.payload.hex()}: {wanted}")
        if "settings_epoch" in wanted:
            self._compare_epoch(packet, wanted["settings_epoch"], number)

    def _compare_epoch(self, packet: Packet, wanted: dict[str, int], number: int) -> None:
        place = wanted["offset"]
        epoch = int.from_bytes(packet.payload[place : place + 2], "little")
        if self._first_epoch is None:
            self._first_epoch = epoch
        if (epoch - self._first_epoch - wanted["above_first"]) % 0x1_0000:
            raise Differs(f"step {number}: settings_epoch is {epoch}")


@pytest.mark.parametrize("story", CONVERSATIONS, ids=[story["name"] for story in CONVERSATIONS])
def test_the_simulator_speaks_as_stored(story: dict[str, Any]) -> None:
    assert set(story["needs"]) <= set(STORED["needs"])
    Player(story["needs"]).play(story["steps"])


@pytest.mark.parametrize("story", CONVERSATIONS, ids=[story["name"] for story in CONVERSATIONS])
def test_a_firmware_with_short_leases_has_what_the_document_says_that_each_needs(
    story: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases of 100 to 250 ms, and exposures of 20 to 400 ms."""
    monkeypatch.setattr(laser, "MIN_LEASE_MS", 100)
    monkeypatch.setattr(laser, "MAX_LEASE_MS", 250)
    if "lease" in story["needs"]:
        with pytest.raises(Differs):
            Player(story["needs"]).play(story["steps"])
    else:
        Player(story["needs"]).play(story["steps"])
    for step in story["steps"]:
        if step["step"] == "send" and "SET_INTEGRATION_TIME integration_time_us=" in step["note"]:
            exposure_us = int(step["note"].rpartition("=")[2])
            assert exposure_us == 0 or 20_000 <= exposure_us <= 400_000


def test_every_action_and_need_is_used_and_explained() -> None:
    acts = {s["what"] for story in CONVERSATIONS for s in story["steps"] if s["step"] == "act"}
    assert acts == set(STORED["actions"])
    assert {need for story in CONVERSATIONS for need in story["needs"]} == set(STORED["needs"])


def _altered(step: dict[str, Any]) -> list[dict[str, Any]]:
    """The expectation with one thing wrong in it, each way."""
    wrong = []
    for place, reply in enumerate(step["replies"]):
        for change in ("status", "payload", "missing"):
            other = copy.deepcopy(step)
            if change == "status":
                other["replies"][place]["status"] = reply["status"] ^ 1
            elif change == "missing":
                del other["replies"][place]
            elif "ff" in reply.get("mask", ""):
                data = bytearray.fromhex(reply["payload"])
                data[bytes.fromhex(reply["mask"]).index(0xFF)] ^= 1
                other["replies"][place]["payload"] = data.hex()
            else:
                continue
            wrong.append(other)
    return wrong


@pytest.mark.parametrize("story", CONVERSATIONS, ids=[story["name"] for story in CONVERSATIONS])
def test_any_other_answer_would_be_noticed(story: dict[str, Any]) -> None:
    """Negative control: each expectation, altered, fails at its own step."""
    for number, step in enumerate(story["steps"]):
        for wrong in _altered(step) if step["step"] == "expect" else []:
            with pytest.raises(Differs, match=f"step {number}:"):
                Player(story["needs"]).play([*story["steps"][:number], wrong])


def test_a_firmware_that_keeps_the_light_on_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: without the watchdog of the lease some stories fail."""
    monkeypatch.setattr("firmware_bridge.simulator.laser.Laser.advance", lambda *_: None)
    monkeypatch.setattr("firmware_bridge.simulator.laser.Laser.lease_ends_s", None)
    failed = 0
    for story in CONVERSATIONS:
        try:
            Player(story["needs"]).play(story["steps"])
        except Differs:
            failed += 1
    assert failed >= 3
