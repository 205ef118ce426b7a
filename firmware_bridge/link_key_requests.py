"""Challenge and response of the link key, and which requests a link that needs one answers before.

Next: `link_key.py`, how the proofs are computed; `messages.py`, the way in to all requests.
"""

from dataclasses import dataclass
from typing import Final

from firmware_bridge.layout import Digest, Message
from firmware_bridge.opcodes import Opcode
from firmware_bridge.request import Request

# What tells and what ends light. All else, also a request that nobody knows, needs the key.
ANSWERED_WITHOUT_KEY: Final = frozenset(
    {
        Opcode.HELLO,
        Opcode.GET_CAPABILITIES,
        Opcode.ABORT,
        Opcode.FLUSH,
        Opcode.GET_CAMERA,
        Opcode.CHALLENGE,
        Opcode.AUTHENTICATE,
        Opcode.GET_STATE,
        Opcode.LASER_OFF,
        Opcode.GET_POWER,
        Opcode.GET_CLOCK,
        Opcode.GET_EVENTS,
        Opcode.READ_CALIBRATION,
        Opcode.SLOT_INFO,
    }
)


@dataclass(frozen=True)
class AnalyzerChallenge(Message):
    """A nonce that this analyzer never sent before."""

    analyzer_nonce: Digest


@dataclass(frozen=True)
class Challenge(Request[AnalyzerChallenge]):
    """Begins anew: what an earlier AUTHENTICATE allowed is over, the laser off and disarmed."""

    opcode = Opcode.CHALLENGE
    Reply = AnalyzerChallenge
    host_nonce: Digest


@dataclass(frozen=True)
class AnalyzerProof(Message):
    """The analyzer holds the key too."""

    analyzer_proof: Digest


@dataclass(frozen=True)
class Authenticate(Request[AnalyzerProof]):
    """The host's proof. One try for each challenge; UNAUTHORIZED when it is wrong."""

    opcode = Opcode.AUTHENTICATE
    Reply = AnalyzerProof
    host_proof: Digest
