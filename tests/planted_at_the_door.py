"""Planted faults of a link that needs the key: section 12 of PROTOCOL.md.

Next: `planted_faults.py`, all of them with what finds them.
"""

from typing import Any

from firmware_bridge.framing import Packet
from firmware_bridge.layout import Message
from firmware_bridge.link_key import analyzer_proof, host_proof
from firmware_bridge.messages import (
    AnalyzerChallenge,
    AnalyzerProof,
    Authenticate,
    Challenge,
    Opcode,
    Request,
    RestartCause,
)
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.instrument import Instrument
from firmware_bridge.simulator.link_guard import LinkGuard


class _AtTheDoor(SimulatedAnalyzer):
    """An analyzer with another guard."""

    guard_kind: type[LinkGuard]

    def _boot(self, cause: RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        instrument.guard = self.guard_kind(self._link_key, self.info.serial)
        return instrument


class _LetsAllIn(LinkGuard):
    def check(self, opcode: int) -> None:
        return


class StrangersLetIn(_AtTheDoor):
    """Asks for the key, and does without."""

    guard_kind = _LetsAllIn


class _SettingsOpen(LinkGuard):
    def check(self, opcode: int) -> None:
        if opcode != Opcode.SET_LASER_POWER:
            super().check(opcode)


class SettingsForEverybody(_AtTheDoor):
    """Guards the laser and the flash, and forgets a setting."""

    guard_kind = _SettingsOpen


class _KnownFirst(LinkGuard):
    def check(self, opcode: int) -> None:
        if opcode in set(Opcode):
            super().check(opcode)


class UnknownIsLookedUp(_AtTheDoor):
    """Says UNKNOWN_OPCODE to strangers."""

    guard_kind = _KnownFirst


class _NeverForgets(LinkGuard):
    def forget(self) -> None:
        self._challenge = None


class ProofOutlivesChallenge(_AtTheDoor):
    """One proof is good for ever, also in the next session."""

    guard_kind = _NeverForgets


class _Judges(LinkGuard):
    """Opens for each proof that `accepts` likes."""

    def accepts(self, key: bytes, proof: bytes, nonces: tuple[bytes, bytes]) -> bool:
        return proof == host_proof(key, *nonces, self._serial)

    def handle(self, request: Request[Any]) -> Message | None:
        key, nonces = self._key, self._challenge
        if key is None or nonces is None or not isinstance(request, Authenticate):
            return super().handle(request)
        if not self.accepts(key, request.host_proof, nonces):
            return super().handle(request)
        self._challenge, self._is_proven = None, True
        return AnalyzerProof(analyzer_proof(key, *nonces, self._serial))


class _HalfIsEnough(_Judges):
    def accepts(self, key: bytes, proof: bytes, nonces: tuple[bytes, bytes]) -> bool:
        return proof[:16] == host_proof(key, *nonces, self._serial)[:16]


class HalfAProof(_AtTheDoor):
    """Compares the first half."""

    guard_kind = _HalfIsEnough


class _EitherDirection(_Judges):
    def accepts(self, key: bytes, proof: bytes, nonces: tuple[bytes, bytes]) -> bool:
        return proof == analyzer_proof(key, *nonces, self._serial)


class ReflectionAccepted(_AtTheDoor):
    """Takes its own proof for the host's."""

    guard_kind = _EitherDirection


class _AnySerial(_Judges):
    def accepts(self, key: bytes, proof: bytes, nonces: tuple[bytes, bytes]) -> bool:
        return proof == host_proof(key, *nonces, self._serial[:-1] + "?")


class ProofOfAnother(_AtTheDoor):
    """Takes a proof that was made for another analyzer."""

    guard_kind = _AnySerial


class _TriesAgain(LinkGuard):
    def handle(self, request: Request[Any]) -> Message | None:
        challenge = self._challenge
        try:
            return super().handle(request)
        finally:
            if isinstance(request, Authenticate):
                self._challenge = challenge


class ManyTries(_AtTheDoor):
    """A challenge stays after a proof."""

    guard_kind = _TriesAgain


class _SameNonce(LinkGuard):
    def handle(self, request: Request[Any]) -> Message | None:
        reply = super().handle(request)
        if isinstance(request, Challenge) and self._challenge is not None:
            self._challenge = request.host_nonce, bytes(32)
            return AnalyzerChallenge(bytes(32))
        return reply


class NonceRepeats(_AtTheDoor):
    """Has no random numbers."""

    guard_kind = _SameNonce


class _ProvesNothing(LinkGuard):
    def handle(self, request: Request[Any]) -> Message | None:
        reply = super().handle(request)
        return AnalyzerProof(bytes(32)) if isinstance(reply, AnalyzerProof) else reply


class UnprovenAnalyzer(_AtTheDoor):
    """Answers a right proof with zeros."""

    guard_kind = _ProvesNothing


class LightThroughChallenges(_AtTheDoor):
    """A new challenge leaves the laser armed."""

    guard_kind = LinkGuard

    def _serve(self, packet: Packet) -> None:
        laser = self._instrument.laser
        if packet.opcode == Opcode.CHALLENGE:
            laser.go_dark = lambda *_: None  # type: ignore[method-assign]
        super()._serve(packet)
        vars(laser).pop("go_dark", None)


KEY_FAULTS: dict[type[SimulatedAnalyzer], set[str]] = {
    StrangersLetIn: {
        "strangers-are-refused",
        "wrong-proofs-are-refused",
        "old-proofs-are-refused",
    },
    SettingsForEverybody: {
        "strangers-are-refused",
        "wrong-proofs-are-refused",
        "old-proofs-are-refused",
    },
    UnknownIsLookedUp: {"strangers-are-refused"},
    ProofOutlivesChallenge: {
        "strangers-are-refused",
        "wrong-proofs-are-refused",
        "old-proofs-are-refused",
    },
    HalfAProof: {"wrong-proofs-are-refused"},
    ReflectionAccepted: {"wrong-proofs-are-refused"},
    ProofOfAnother: {"wrong-proofs-are-refused"},
    ManyTries: {"wrong-proofs-are-refused", "old-proofs-are-refused"},
    NonceRepeats: {"old-proofs-are-refused"},
    UnprovenAnalyzer: {"analyzer-proves-the-key"},
    LightThroughChallenges: {"challenge-disarms"},
}
