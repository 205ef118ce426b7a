"""Which trust file decides on this machine: the system's, else the user's, else the demo root.

A production installation has a file `production` in `/etc/ramix`, or beside the shipped models,
where a packager puts it: there only the system's trust file counts, and the demo key never does.

Next: `trust_state.py`, why an older file does not come back; `trust_install.py`, how one comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device import installation
from device.inference.errors import TrustError
from device.inference.trust_policy import DEMO_KEY_ID, TrustPolicy
from device.inference.trust_state import TrustStateLost, read_state, require_newest
from device.plain_file import why_not

TRUST_NAME = "trust.json"


class DemoKeyForbidden(TrustError):
    """A production installation would trust the published demo key."""

    code = "demo_key_forbidden"
    default_remedy = (
        "Install the trust.json of the models' publisher: sudo ramix trust install trust.json"
    )


@dataclass(frozen=True)
class TrustHere:
    """`decides`: "system", "user" or "demo"."""

    policy: TrustPolicy
    decides: str
    is_production: bool

    @property
    def trusts_demo_key(self) -> bool:
        return DEMO_KEY_ID in self.policy.keys

    def as_object(self) -> dict[str, Any]:
        """For programs."""
        return {
            "decides": self.decides,
            "source": self.policy.source,
            "sequence": self.policy.sequence,
            "not_after": self.policy.not_after or None,
            "threshold": self.policy.threshold,
            "keys": sorted(self.policy.keys),
            "demo_key_trusted": self.trusts_demo_key,
            "production": self.is_production,
        }


def trust_here() -> TrustHere:
    """Who may sign on this machine, and why it is known.

    A system directory without its trust.json has lost it, and so has a machine that remembers the
    number of one. Falling back to the demo root there would let anybody sign: that is refused.

    Raises:
        TrustError: it is not known, not valid any more, older than before, or the demo key's.
    """
    production = is_production()
    system_dir, user_dir = installation.config_dirs()
    system_state, user_state = installation.trust_state_paths()
    if _is_there(system_dir):
        policy = _accepted(system_dir / TRUST_NAME, system_state, is_systems=True)
        here = TrustHere(policy, "system", production)
    elif production:
        raise TrustError(f"This is a production installation without {system_dir / TRUST_NAME}.")
    else:
        _require_never_installed(system_state)
        if _is_there(user_dir / TRUST_NAME):
            policy = _accepted(user_dir / TRUST_NAME, user_state, is_systems=False)
            here = TrustHere(policy, "user", production)
        else:
            _require_never_installed(user_state)
            root = TrustPolicy.from_file(installation.shipped_models_dir() / "demo_root.json")
            here = TrustHere(root, "demo", production)
    require_fit(here)
    return here


def is_production() -> bool:
    """Whether the demo key is refused here. Raises `TrustError` where that cannot be seen."""
    return any(_is_there(mark) for mark in installation.production_marks())


def require_fit(here: TrustHere) -> None:
    """Raises `TrustError` for a policy that has ended, or that production forbids."""
    if here.is_production and here.trusts_demo_key:
        raise DemoKeyForbidden(
            f"This is a production installation, and {here.policy.source} trusts the public demo "
            "key, which anybody can sign with."
        )
    if here.policy.not_after:
        from datetime import UTC, datetime

        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if now > here.policy.not_after:  # both are UTC of one form: text sorts as time does
            raise TrustError(
                f"{here.policy.source} was valid until {here.policy.not_after}.",
                remedy="Install the publisher's newest trust.json, and check the clock here.",
            )


def _accepted(path: Path, state_path: Path, *, is_systems: bool) -> TrustPolicy:
    policy = TrustPolicy.from_file(path)
    require_newest(policy, state_path, is_systems=is_systems)
    return policy


def _require_never_installed(state_path: Path) -> None:
    state = read_state(state_path)
    if state is not None:
        raise TrustStateLost(
            f"A trust file with number {state.sequence} was installed here, as {state_path} "
            "remembers, and is gone.",
            remedy="Install it again: sudo ramix trust install trust.json",
        )


def _is_there(path: Path) -> bool:
    try:
        return installation.is_there(path)
    except OSError as error:
        raise TrustError(f"{path} cannot be looked at: {why_not(error)}.") from error
