"""How the analyzer shows itself on USB: shared by the driver, the udev rule and the simulated bus.

Next: `simulator/usb_backend.py`, a bus with such an instrument on it.
"""

from typing import Final

# pid.codes lends vendor 0x1209 to open hardware. The product number is our working choice and has
# not been registered there; an instrument on sale needs its own. Host, firmware and udev rule must
# change together. The analyzer's serial port (USB CDC) has the same numbers.
VENDOR_ID: Final = 0x1209
PRODUCT_ID: Final = 0x7850

INTERFACE: Final = 0
ENDPOINT_OUT: Final = 0x01
ENDPOINT_IN: Final = 0x81
MAX_PACKET_BYTES: Final = 512  # bulk endpoint of a high-speed device, USB 2.0 section 5.8.3
