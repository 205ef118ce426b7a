"""The host's half of the link key: it proves that it holds it, and has the analyzer prove the same.

An analyzer on this machine, on USB or on a serial line needs none, unless it asks for it. Beyond
this machine nothing is sent without a key, and no analyzer is believed that does not prove it.

Next: `analyzer.py`, which does this on opening; `../link_key_file.py`, where the key is kept.
"""

import os
from collections.abc import Callable

from device.driver.introduction import Ask, Introduction
from firmware_bridge.errors import InstrumentError, PortPermission
from firmware_bridge.link_key import NONCE_SIZE, analyzer_proof, host_proof, is_same
from firmware_bridge.messages import Authenticate, Challenge, Status

# Reads the key where it is kept, only when it is needed; None: there is none.
FindKey = Callable[[], bytes | None]


class LinkKeyError(PortPermission):
    """The link needs a key, and this host may not command the analyzer over it."""

    code = "link_key"
    default_remedy = "Give the analyzer's link key with --key-file FILE."


class LinkKeyMissing(LinkKeyError):
    """No key is here."""

    code = "link_key_missing"
    default_remedy = (
        "Give the analyzer's link key with --key-file FILE, or keep it as link.key beside the "
        "other settings; or reach the analyzer over USB, or through a tunnel of SSH."
    )


class LinkKeyRefused(LinkKeyError):
    """The analyzer did not accept the proof."""

    code = "link_key_refused"
    default_remedy = "Use the key file that was made for this analyzer."


class AnalyzerUnproven(LinkKeyError):
    """Whoever answers does not hold the key: it may be another one in the analyzer's place."""

    code = "analyzer_unproven"
    default_remedy = "Do not use this address before you know who answers there."


def no_key() -> bytes | None:
    """For links that were opened without a word of keys."""
    return None


def key_beyond_this_machine(name: str, find: FindKey) -> bytes:
    """The key without which nothing is sent to another machine. Raises `LinkKeyMissing`."""
    key = find()
    if key is None:
        raise LinkKeyMissing(f"{name} is on another machine, and there is no link key here.")
    return key


def admit(
    name: str, introduced: Introduction, call: Ask, find: FindKey, *, is_remote: bool
) -> None:
    """Prove the key where the link needs one; `is_remote`: it leaves this machine.

    Raises:
        LinkKeyMissing: the link needs a key, and none is here.
        LinkKeyRefused: the analyzer does not accept it.
        AnalyzerUnproven: the analyzer asks for none beyond this machine, or does not hold it.
        as `call` otherwise.
    """
    if not introduced.capabilities.needs_key:
        if is_remote:
            raise AnalyzerUnproven(
                f"The analyzer at {name} asks for no key: it proves nothing, and anybody who "
                "reaches it may command it.",
                remedy="Give it a link key; or reach it over USB, or through a tunnel of SSH and "
                "without --key-file.",
            )
        return
    key = find()
    if key is None:
        raise LinkKeyMissing(f"The analyzer at {name} wants a link key, and there is none here.")
    prove(name, introduced.info.serial, call, key)


def prove(name: str, serial: str, call: Ask, key: bytes) -> None:
    """One exchange of challenges. Raises as `admit`."""
    ours = os.urandom(NONCE_SIZE)
    theirs = call(Challenge(ours)).analyzer_nonce
    if is_same(theirs, ours):
        raise AnalyzerUnproven(f"{name} sends this host's own challenge back.")
    try:
        answered = call(Authenticate(host_proof(key, ours, theirs, serial)))
    except InstrumentError as error:
        if error.status != Status.UNAUTHORIZED:
            raise
        raise LinkKeyRefused(f"The analyzer {serial} at {name} refuses this link key.") from error
    if not is_same(answered.analyzer_proof, analyzer_proof(key, ours, theirs, serial)):
        raise AnalyzerUnproven(f"{name} does not hold the link key of {serial}.")
