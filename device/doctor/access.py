"""Whether this user can reach an analyzer: libraries, udev rule, group, and the nodes themselves.

Next: `model.py`, what answers.
"""

import grp
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from device.doctor.finding import Finding, fault, ok, warning
from device.plain_file import read_plain
from device.ports import list_ports
from firmware_bridge.errors import PortNotFound
from firmware_bridge.usb_ids import PRODUCT_ID, VENDOR_ID

# Where udev reads rules, the first before the others.
RULE_FOLDERS: Final = (
    Path("/etc/udev/rules.d"),
    Path("/run/udev/rules.d"),
    Path("/usr/local/lib/udev/rules.d"),
    Path("/usr/lib/udev/rules.d"),
    Path("/lib/udev/rules.d"),
)
SERIAL_GROUP: Final = "dialout"
_INSTALL_RULE: Final = 'Install it: sudo "$(command -v ramix)" install-system --rule-only'
_KEEPS_MODEM_MANAGER_AWAY: Final = "ID_MM_DEVICE_IGNORE"
_MAX_RULE_BYTES: Final = 1_000_000


def drivers() -> Iterator[Finding]:
    """pyusb with libusb, and pyserial."""
    try:
        from device.driver.transports.usb_bulk import list_usb

        list_usb()
    except ImportError as error:
        yield fault(
            "usb driver",
            f"The USB driver cannot be imported: {error.name or error} is missing.",
            "Install it: pip install pyusb libusb-package",
        )
    except PortNotFound as error:
        yield fault("usb driver", error.text, error.remedy)
    else:
        yield ok("usb driver", "pyusb and libusb can list the bus.")
    try:
        import device.driver.transports.serial_port  # noqa: F401 - whether it can be imported
    except ImportError as error:
        yield fault(
            "serial driver",
            f"The serial driver cannot be imported: {error.name or error} is missing.",
            "Install it: pip install pyserial",
        )
    else:
        yield ok("serial driver", "pyserial can be imported.")


def udev_rule(folders: Sequence[Path] = RULE_FOLDERS) -> Iterator[Finding]:
    """Whether a rule names the analyzer's USB identity."""
    check = "udev rule"
    rule = _rule_in(folders)
    if rule is None:
        yield warning(
            check,
            "No udev rule names the analyzer: only root can open it on USB.",
            _INSTALL_RULE,
        )
    elif _KEEPS_MODEM_MANAGER_AWAY not in _text_of(rule):
        yield warning(
            check,
            f"{rule} does not keep ModemManager away: it may write to the analyzer's serial port.",
            _INSTALL_RULE,
        )
    else:
        yield ok(check, f"{rule} gives access to whoever sits at the machine.")


def serial_group(
    folders: Sequence[Path] = RULE_FOLDERS, group: str = SERIAL_GROUP
) -> Iterator[Finding]:
    """Whether this user may open serial ports without a udev rule."""
    check = "serial group"
    if os.geteuid() == 0:
        yield ok(check, "Root may open every port.")
    elif group in _own_groups():
        yield ok(check, f"This user is in the group {group}.")
    elif _rule_in(folders) is not None:
        yield ok(
            check,
            f"This user is not in the group {group}; the udev rule serves, except over ssh.",
        )
    else:
        yield warning(
            check,
            f"This user is not in the group {group}, which owns the serial ports.",
            f"Join it and log in again: sudo usermod -aG {group} $USER",
        )


def nodes() -> Iterator[Finding]:
    """The analyzers that are plugged in, and whether each may be opened."""
    check = "ports"
    found = list_ports()
    for port in found:
        if port.kind == "serial":
            is_open_to_us = os.access(port.port, os.R_OK | os.W_OK)
        else:
            is_open_to_us = bool(port.serial)  # who may not open it may not ask its number
        if not is_open_to_us:
            yield fault(
                check,
                f"This user may not open the analyzer at {port.port}.",
                f"{_INSTALL_RULE}; then unplug the analyzer and plug it in again.",
            )
        else:
            yield ok(check, f"An analyzer is at {port.port}.")
    if not found:
        yield ok(check, "No analyzer is plugged in.")


def _rule_in(folders: Sequence[Path]) -> Path | None:
    """The first rules file that names vendor and product."""
    for folder in folders:
        for path in sorted(folder.glob("*.rules")):
            text = _text_of(path).lower()
            if f'"{VENDOR_ID:04x}"' in text and f'"{PRODUCT_ID:04x}"' in text:
                return path
    return None


def _text_of(path: Path) -> str:
    """The rules in a file without its comments; "" for one that cannot be read."""
    try:
        text = read_plain(path, _MAX_RULE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _own_groups() -> set[str]:
    names = set()
    for number in {os.getegid(), *os.getgroups()}:
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a number without a name
            continue
    return names
