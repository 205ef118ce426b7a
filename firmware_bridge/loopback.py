"""Whether a network address is this machine itself, and what stands in a name's place.

Next: `simulator/serve.py`, which listens; `device/driver/transports/tcp.py`, which connects.
"""

import ipaddress


def is_loopback(address: str) -> bool:
    """Whether a numeric address (IPv4, or IPv6 with or without a zone) never leaves this machine.

    A name is not resolved: it is not loopback.
    """
    try:
        numeric = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(numeric, "ipv4_mapped", None)
    return (mapped or numeric).is_loopback
