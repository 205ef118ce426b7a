"""How a trust file comes in: checked against what was accepted before, then written durably.

The number is remembered before the file is written: a power cut between the two leaves a machine
that refuses, and that the same command mends.

Next: `../cli/trust.py`, the command.
"""

from dataclasses import dataclass
from pathlib import Path

from device import installation
from device.durable import OWN_FILE, OWN_FOLDER, make_folder, sync_folder, written_whole
from device.inference.errors import TrustError
from device.inference.trust_here import TRUST_NAME, TrustHere, is_production, require_fit
from device.inference.trust_policy import MAX_TRUST_FILE_SIZE, TrustPolicy
from device.inference.trust_state import (
    TrustState,
    TrustStateLost,
    check_newer,
    read_state,
    write_state,
)
from device.plain_file import why_not


@dataclass(frozen=True)
class Installed:
    """Where the file is now; `before`: the highest number until then, None if there was none."""

    path: Path
    here: TrustHere
    before: int | None


def install_trust(source: Path, *, for_system: bool, reset: bool) -> Installed:
    """Make `source` the trust file of the system, or of this user.

    reset: whatever was accepted before is forgotten, also a higher number.

    Raises:
        TrustRolledBack: a newer one, or another of its number, was accepted before.
        TrustStateLost: one with a number is there, and what was remembered of it is not.
        TrustError: it is damaged or forbidden, or cannot be written.
    """
    try:
        data = installation.read_capped(source, MAX_TRUST_FILE_SIZE)
    except (OSError, ValueError) as error:
        raise TrustError(
            f"The trust file {source} cannot be read: {why_not(error)}.", remedy="Check its path."
        ) from error
    policy = TrustPolicy.from_json(data, str(source))
    decides = "system" if for_system else "user"
    here = TrustHere(policy, decides, is_production())
    require_fit(here)
    place = 0 if for_system else 1
    path = installation.config_dirs()[place] / TRUST_NAME
    state_path = installation.trust_state_paths()[place]
    before = None if reset else _allowed(policy, path, state_path)
    try:
        new = TrustState(policy.sequence, policy.sha256)
        write_state(state_path, new, for_all=for_system)
        make_folder(path.parent, 0o755 if for_system else OWN_FOLDER)
        with written_whole(path, mode=0o644 if for_system else OWN_FILE) as stream:
            stream.write(data)
        sync_folder(path.parent)
    except OSError as error:
        raise TrustError(
            f"The trust file cannot be installed as {path}: {why_not(error)}.",
            remedy="Run this command with sudo." if for_system else "Make room, or free the path.",
        ) from error
    return Installed(path, here, before)


def _allowed(policy: TrustPolicy, path: Path, state_path: Path) -> int | None:
    """The highest number so far; None at the first use."""
    state = read_state(state_path)
    if state is not None:
        check_newer(policy, state)
        return state.sequence
    if installation.is_there(path) and TrustPolicy.from_file(path).sequence:
        raise TrustStateLost(
            f"{path} has a number, and {state_path}, which remembers the highest one, is not there."
        )
    return None
