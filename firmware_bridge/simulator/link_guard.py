"""Who may command the simulated analyzer: on a link that needs the key, a host that proved it.

Next: `answering.py`, which asks here first; `../link_key.py`, the proofs.
"""

import os
from typing import Any, Final

from firmware_bridge.layout import Message
from firmware_bridge.link_key import KEY_SIZE, NONCE_SIZE, analyzer_proof, host_proof, is_same
from firmware_bridge.messages import (
    ANSWERED_WITHOUT_KEY,
    AnalyzerChallenge,
    AnalyzerProof,
    Authenticate,
    Challenge,
    Opcode,
    Request,
    Status,
    UnknownOpcode,
)
from firmware_bridge.simulator.refused import Refused

_REFUSAL: Final = "this link needs the key: CHALLENGE and AUTHENTICATE come first"


class LinkGuard:
    """The state of one link's proof. `key` None: this link needs none.

    Raises ValueError for a key of another size than `KEY_SIZE`.
    """

    def __init__(self, key: bytes | None, serial: str) -> None:
        if key is not None and len(key) != KEY_SIZE:
            raise ValueError(f"a link key has {KEY_SIZE} bytes, not {len(key)}")
        self._key = key
        self._serial = serial
        self._challenge: tuple[bytes, bytes] | None = None  # nonces of host and analyzer
        self._is_proven = False

    @property
    def needs_key(self) -> bool:
        return self._key is not None

    def check(self, opcode: int) -> None:
        """Raises `Refused` for what a host may not ask before it has proven the key, and
        `UnknownOpcode` for a challenge on a link that needs none."""
        if self._key is None and opcode in (Opcode.CHALLENGE, Opcode.AUTHENTICATE):
            raise UnknownOpcode(f"{Opcode(opcode).name} is not known on a link without key.")
        if self._key is not None and not self._is_proven and opcode not in ANSWERED_WITHOUT_KEY:
            raise Refused(Status.UNAUTHORIZED, _REFUSAL)

    def forget(self) -> None:
        """The link was lost: the next host proves the key again."""
        self._challenge, self._is_proven = None, False

    def handle(self, request: Request[Any]) -> Message | None:
        """The reply to CHALLENGE and AUTHENTICATE; None for all other requests.

        Raises `Refused`: there is no challenge to answer, or the proof is wrong.
        """
        if self._key is None:
            return None
        match request:
            case Challenge(host_nonce=host_nonce):
                self.forget()
                self._challenge = host_nonce, os.urandom(NONCE_SIZE)
                return AnalyzerChallenge(self._challenge[1])
            case Authenticate(host_proof=proof):
                return self._judge(self._key, proof)
        return None

    def _judge(self, key: bytes, proof: bytes) -> Message:
        challenge, self._challenge = self._challenge, None  # one try for each
        if challenge is None:
            raise Refused(Status.UNAUTHORIZED, "no challenge waits for a proof")
        if not is_same(proof, host_proof(key, *challenge, self._serial)):
            raise Refused(Status.UNAUTHORIZED, "this proof was not made with the key of this link")
        self._is_proven = True
        return AnalyzerProof(analyzer_proof(key, *challenge, self._serial))
