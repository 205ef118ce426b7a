"""Who may sign models here, and who may command an analyzer from here.

Next: `state.py`, what is kept here.
"""

from collections.abc import Iterator

from device.doctor.finding import Finding, ok, warning
from device.inference.trust_here import trust_here
from device.link_key_file import find_key


def trust() -> Iterator[Finding]:
    """The trust file that decides, its number, and whether it trusts the demo key."""
    check, here = "trust", trust_here()
    keys = ", ".join(sorted(here.policy.keys))
    if here.trusts_demo_key:
        yield warning(
            check,
            f"{here.policy.source} trusts the public demo key, with which anybody can sign.",
            "Install the publisher's trust.json: sudo ramix trust install trust.json",
        )
        return
    told = f"{here.policy.source} decides, number {here.policy.sequence}, keys {keys}"
    ends = f", until {here.policy.not_after}" if here.policy.not_after else ""
    kind = "; production installation" if here.is_production else ""
    yield ok(check, f"{told}{ends}{kind}.")


def link_key() -> Iterator[Finding]:
    """The key of an analyzer behind a network, where there is one: only its owner reaches it."""
    check = "link key"
    if find_key() is None:
        yield ok(check, "There is no link key; USB and serial lines need none.")
    else:
        yield ok(check, "There is a link key, and no other user can reach it.")
