"""The udev rule: who may open the analyzer, and that ModemManager leaves it alone.

`packaging/70-ramix.rules` is this text; a test compares them. Next: `service_unit.py`.
"""

from typing import Final

from firmware_bridge.usb_ids import PRODUCT_ID, VENDOR_ID

# uaccess is acted upon by 73-seat-late.rules: a file named 99 comes too late.
RULE_NAME: Final = "70-ramix.rules"

_ATTRIBUTE: Final = 'ATTR{{idVendor}}=="{vendor:04x}", ATTR{{idProduct}}=="{product:04x}"'
_TEXT: Final = """\
# Lets whoever sits at the machine open the analyzer without root, and the group dialout where
# nobody sits (ssh, a service). `sudo ramix install-system` writes this file; then
#
#   sudo udevadm control --reload && sudo udevadm trigger
#
# The file's number matters: uaccess is acted upon by 73-seat-late.rules, 99 comes too late.
# All events matter: a node that was let go by another driver only sees "bind", and what
# `udevadm trigger` sends is "change".
# ModemManager would write to the serial port to find out whether a modem is there.
ACTION=="add|bind|change", SUBSYSTEM=="usb", {device}, TAG+="uaccess", \
GROUP="dialout", MODE="0660", ENV{{ID_MM_DEVICE_IGNORE}}="1"

# The serial port of the same analyzer.
ACTION=="add|change", SUBSYSTEM=="tty", {parent}, TAG+="uaccess", \
GROUP="dialout", MODE="0660", ENV{{ID_MM_PORT_IGNORE}}="1"
"""


def udev_rule() -> str:
    """The whole file."""
    device = _ATTRIBUTE.format(vendor=VENDOR_ID, product=PRODUCT_ID)
    return _TEXT.format(device=device, parent=device.replace("ATTR{", "ATTRS{"))
