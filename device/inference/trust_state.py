"""The highest number of a trust file that was ever accepted here, so that no older one comes back.

The system's stands outside `/etc`, so that a restored backup of the configuration is noticed. What
is lost or damaged is refused and never begun anew: only `ramix trust install` writes the first one.

Next: `trust_here.py`, which asks it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device import installation, strict_json
from device.inference.errors import TrustError
from device.inference.trust_policy import MAX_SEQUENCE, TrustPolicy
from device.plain_file import why_not

STATE_FORMAT: Final = "ramix-trust-state-1"
_MOST_BYTES: Final = 4096
_INSTALL: Final = "Have the administrator install it: sudo ramix trust install trust.json"


@dataclass(frozen=True)
class TrustState:
    """`sequence` is the highest number accepted; `sha256` is of the trust file that had it."""

    sequence: int
    sha256: str


class TrustRolledBack(TrustError):
    """The trust file is older than one that was accepted here before, or another of its number."""

    code = "trust_rolled_back"
    default_remedy = (
        "Install the newest trust.json of the models' publisher. To go back on purpose: "
        "sudo ramix trust install --reset trust.json"
    )


class TrustStateLost(TrustError):
    """What was remembered of earlier trust files is gone or damaged."""

    code = "trust_state_lost"
    default_remedy = (
        "Make sure that trust.json is the publisher's newest, then install it anew: "
        "sudo ramix trust install --reset trust.json"
    )


def read_state(path: Path) -> TrustState | None:
    """What is remembered; None where nothing ever was.

    Raises:
        TrustStateLost: something is there and cannot be read.
    """
    try:
        if not installation.is_there(path):
            return None
        data = installation.read_capped(path, _MOST_BYTES)
        fields = strict_json.Fields(strict_json.loads(data), "trust state")
        if fields.text("format") != STATE_FORMAT:
            raise strict_json.StrictJsonError(f"its format is not {STATE_FORMAT!r}")
        state = TrustState(fields.integer("sequence", 0, MAX_SEQUENCE), fields.text("sha256"))
        seal = fields.text("seal")
        fields.done()
        if seal != _seal(state):
            raise strict_json.StrictJsonError("its seal does not fit")
    except (OSError, ValueError) as error:
        raise TrustStateLost(
            f"What is remembered of trust files in {path} cannot be read: {why_not(error)}."
        ) from error
    return state


def write_state(path: Path, state: TrustState, *, for_all: bool) -> None:
    """Keep it, whole and on the disk when this returns; `for_all`: all users may read it.

    Raises:
        OSError: it cannot be written.
    """
    from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder, written_whole

    content = {
        "format": STATE_FORMAT,
        "sequence": state.sequence,
        "sha256": state.sha256,
        "seal": _seal(state),
    }
    make_folder(path.parent, 0o755 if for_all else OWN_FOLDER)
    with written_whole(path, mode=0o644 if for_all else OWN_FILE) as stream:
        stream.write((json.dumps(content, indent=2) + "\n").encode())
    sync_folder(path.parent)


def require_newest(policy: TrustPolicy, state_path: Path, *, is_systems: bool) -> None:
    """That `policy` is no older than what was accepted before; a newer one is remembered.

    Raises:
        TrustStateLost: it has a number, and nothing sound is remembered.
        TrustRolledBack: it is older, or another file of the same number.
        TrustError: it is newer, and that cannot be remembered.
    """
    state = read_state(state_path)
    if state is None:
        if policy.sequence:
            raise TrustStateLost(
                f"{policy.source} has number {policy.sequence}, and {state_path}, which remembers "
                "the highest number, is not there.",
                remedy=_INSTALL + ", with --reset if it was installed here before.",
            )
        return
    check_newer(policy, state)
    if policy.sequence > state.sequence:
        try:
            write_state(state_path, TrustState(policy.sequence, policy.sha256), for_all=is_systems)
        except OSError as error:
            raise TrustError(
                f"{policy.source} has the new number {policy.sequence}, which this user cannot "
                f"write to {state_path} ({why_not(error)}).",
                remedy=_INSTALL,
            ) from error


def check_newer(policy: TrustPolicy, state: TrustState) -> None:
    """Raises `TrustRolledBack` for a policy that is older than what is remembered."""
    if policy.sequence < state.sequence:
        raise TrustRolledBack(
            f"{policy.source} has number {policy.sequence}; number {state.sequence} was accepted "
            "here before."
        )
    if policy.sequence and policy.sequence == state.sequence and policy.sha256 != state.sha256:
        raise TrustRolledBack(
            f"{policy.source} has number {policy.sequence} and is not the file that was accepted "
            "here under that number."
        )


def _seal(state: TrustState) -> str:
    """Finds damage: anybody who may write the file can make one."""
    text = f"{STATE_FORMAT} {state.sequence} {state.sha256}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
