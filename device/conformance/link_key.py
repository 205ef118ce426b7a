"""Who may command over a link that needs the key: section 12.

The other checks run behind a proof, which `admitted` makes on each connection.

Next: `settings.py`, what they may then set.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckFailed, CheckSkipped, require
from device.driver.conversation import Conversation
from device.driver.introduction import introduce
from device.driver.link_key import AnalyzerUnproven, FindKey, admit, key_beyond_this_machine
from device.driver.transports.base import Transport
from firmware_bridge.errors import InstrumentError, LinkTimeout, ProtocolError
from firmware_bridge.link_key import analyzer_proof, host_proof
from firmware_bridge.messages import (
    AcquireFrame,
    ArmLaser,
    Authenticate,
    Challenge,
    GetClock,
    GetEvents,
    GetSlotInfo,
    GetState,
    Hello,
    LaserOff,
    Opcode,
    RenewLease,
    Request,
    SetClock,
    SetIntegrationTime,
    SetLaserPower,
    SlotActivate,
    SlotBegin,
    SlotRead,
    SlotRevert,
    Status,
)

_NONCE: Final = bytes(range(32))
_FORBIDDEN: Final[tuple[Request[Any], ...]] = (
    *(SetIntegrationTime(100_000), SetLaserPower(0), SetClock(1), AcquireFrame(False)),
    *(AcquireFrame(True), ArmLaser(0), RenewLease(0), SlotBegin(0, 1, bytes(32), 0)),
    *(SlotRead(0, 0, 1), SlotRevert(255), SlotActivate(255)),
)
_UNKNOWN_OPCODE: Final = 0x7777
_LEASE_MS: Final = 500  # or the longest that it grants


def admitted(transport: Transport, find: FindKey, patience_s: float) -> Transport:
    """The same link, with the key proven where it needs one.

    An analyzer that does not answer well, or proves nothing itself, is left to the checks.

    Raises:
        LinkKeyMissing, LinkKeyRefused: it may not be commanded from here.
        LinkError: the link failed.
    """
    talk = Conversation(transport)

    def call(request: Request[Any]) -> Any:
        return talk.call(request, talk.deadline(patience_s))

    try:
        if transport.is_remote:
            key_beyond_this_machine(transport.name, find)
        with suppress(LinkTimeout, ProtocolError, InstrumentError, AnalyzerUnproven):
            told = introduce(transport.name, call)
            admit(transport.name, told, call, find, is_remote=False)
    except BaseException:
        transport.close()
        raise
    return transport


@contextmanager
def _unproven(bench: Bench) -> Iterator[tuple[bytes, str]]:
    """The key and the serial number, and a firmware that was proven nothing; proven in the end."""
    key = bench.link_key
    if key is None or not bench.capabilities.needs_key:
        raise CheckSkipped("this link needs no key")
    serial = bench.ok(Hello()).serial
    try:
        bench.ok(Challenge(_NONCE))
        yield key, serial
    finally:
        with suppress(CheckFailed):
            _prove(bench, key, serial)


def _prove(bench: Bench, key: bytes, serial: str) -> None:
    nonce = bench.ok(Challenge(_NONCE)).analyzer_nonce
    bench.ok(Authenticate(host_proof(key, _NONCE, nonce, serial)))


@check("12", "Before the proof what acts is UNAUTHORIZED, unread; what tells is answered.")
def strangers_are_refused(bench: Bench) -> str:
    with _unproven(bench):
        for request in _FORBIDDEN:
            bench.refused(request, Status.UNAUTHORIZED)
        bench.refused(bench.wire.packet(Opcode.ARM_LASER, b"x"), Status.UNAUTHORIZED)
        bench.refused(bench.wire.packet(_UNKNOWN_OPCODE, b""), Status.UNAUTHORIZED)
        told: tuple[Request[Any], ...] = (GetState(), GetClock(), GetEvents(0), LaserOff())
        for request in told:
            bench.ok(request)
        if bench.capabilities.slot_count:
            bench.ok(GetSlotInfo(0))
    bench.ok(SetLaserPower(0))
    return f"{len(_FORBIDDEN)} requests UNAUTHORIZED"


@check("12", "A wrong proof is UNAUTHORIZED, and its challenge is used up by it.")
def wrong_proofs_are_refused(bench: Bench) -> str:
    with _unproven(bench) as (key, serial):
        tried = 0
        for wrong in (
            lambda nonce, right: bytes(32),
            lambda nonce, right: right[:16] + bytes(16),
            lambda nonce, right: right[:-1] + bytes([right[-1] ^ 1]),
            lambda nonce, right: analyzer_proof(key, _NONCE, nonce, serial),
            lambda nonce, right: host_proof(key, nonce, _NONCE, serial),
            lambda nonce, right: host_proof(key, _NONCE, nonce, serial[:-1] + "?"),
            lambda nonce, right: host_proof(key[:-1] + b"?", _NONCE, nonce, serial),
        ):
            nonce = bench.ok(Challenge(_NONCE)).analyzer_nonce
            right = host_proof(key, _NONCE, nonce, serial)
            bench.refused(Authenticate(wrong(nonce, right)), Status.UNAUTHORIZED)
            bench.refused(Authenticate(right), Status.UNAUTHORIZED)
            tried += 1
        bench.ok(Challenge(_NONCE))
        bench.refused(bench.wire.packet(Opcode.AUTHENTICATE, right[:31]), Status.BAD_REQUEST)
        bench.refused(SetLaserPower(0), Status.UNAUTHORIZED)
    return f"{tried} wrong proofs UNAUTHORIZED"


@check("12", "No nonce comes twice, and an old proof opens nothing.")
def old_proofs_are_refused(bench: Bench) -> str:
    with _unproven(bench) as (key, serial):
        nonces = {bench.ok(Challenge(_NONCE)).analyzer_nonce for _ in range(20)}
        require(len(nonces) == 20, f"20 challenges had {len(nonces)} different nonces")
        nonce = bench.ok(Challenge(_NONCE)).analyzer_nonce
        old = Authenticate(host_proof(key, _NONCE, nonce, serial))
        bench.ok(old)
        bench.ok(SetLaserPower(0))
        bench.refused(old, Status.UNAUTHORIZED)
        bench.ok(SetLaserPower(0))  # the proof stays
        bench.ok(Challenge(_NONCE))
        bench.refused(old, Status.UNAUTHORIZED)
        bench.refused(SetLaserPower(0), Status.UNAUTHORIZED)
    return "UNAUTHORIZED"


@check("12", "The analyzer answers a right proof with its own.")
def analyzer_proves_the_key(bench: Bench) -> str:
    with _unproven(bench) as (key, serial):
        nonce = bench.ok(Challenge(_NONCE)).analyzer_nonce
        told = bench.ok(Authenticate(host_proof(key, _NONCE, nonce, serial)))
        wanted = analyzer_proof(key, _NONCE, nonce, serial)
        require(told.analyzer_proof == wanted, "its proof is not the one that the key gives")
    return "proven"


@check("12", "CHALLENGE disarms the laser, also when the proof comes next.", Needs.LASER)
def challenge_disarms(bench: Bench) -> str:
    with _unproven(bench) as (key, serial):
        _prove(bench, key, serial)
        bench.ok(ArmLaser(bench.lease_ms(_LEASE_MS)))
        _prove(bench, key, serial)
        name = bench.ok(GetState()).laser_state.name
        require(name == "OFF", f"the laser is {name} after CHALLENGE")
    return "OFF"


@check("12", "The proof ends with the link.")
def proof_ends_with_the_link(bench: Bench) -> str:
    with _unproven(bench) as (key, serial):
        if bench.connect_unproven is None:
            raise CheckSkipped("this port cannot be opened twice for the same analyzer")
        nonce = bench.ok(Challenge(_NONCE)).analyzer_nonce
        proof = Authenticate(host_proof(key, _NONCE, nonce, serial))
        bench.ok(proof)
        bench.reopen(bench.connect_unproven)
        bench.refused(SetLaserPower(0), Status.UNAUTHORIZED)
        bench.refused(proof, Status.UNAUTHORIZED)
    return "UNAUTHORIZED"


CHECKS = (
    strangers_are_refused,
    wrong_proofs_are_refused,
    old_proofs_are_refused,
    analyzer_proves_the_key,
    challenge_disarms,
    proof_ends_with_the_link,
)
