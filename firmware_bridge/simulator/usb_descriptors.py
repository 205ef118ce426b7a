"""The descriptors of the simulated USB analyzer: what the host reads before it talks.

One configuration, one vendor interface, a bulk endpoint each way (USB 2.0 section 9.6).

Next: `usb_backend.py`, the bus that hands them out.
"""

import struct
from types import SimpleNamespace
from typing import Final

from firmware_bridge.usb_ids import (
    ENDPOINT_IN,
    ENDPOINT_OUT,
    INTERFACE,
    MAX_PACKET_BYTES,
    PRODUCT_ID,
    VENDOR_ID,
)

CONFIGURATION: Final = 1
MANUFACTURER: Final = "ramix"
STRING_DESCRIPTOR: Final = 0x03
_MANUFACTURER_STRING, _PRODUCT_STRING, _SERIAL_STRING = 1, 2, 3
_ENGLISH_US: Final = 0x0409
_HIGH_SPEED: Final = 3  # as libusb numbers them


def device_descriptor(address: int) -> SimpleNamespace:
    """With what pyusb's own backend adds to it: bus, address, port and speed."""
    return SimpleNamespace(
        bLength=18,
        bDescriptorType=1,
        bcdUSB=0x0200,
        bDeviceClass=0xFF,
        bDeviceSubClass=0,
        bDeviceProtocol=0,
        bMaxPacketSize0=64,
        idVendor=VENDOR_ID,
        idProduct=PRODUCT_ID,
        bcdDevice=0x0100,
        iManufacturer=_MANUFACTURER_STRING,
        iProduct=_PRODUCT_STRING,
        iSerialNumber=_SERIAL_STRING,
        bNumConfigurations=1,
        bus=1,
        address=address,
        speed=_HIGH_SPEED,
        port_number=1,
        port_numbers=(1,),
    )


def configuration_descriptor() -> SimpleNamespace:
    return SimpleNamespace(
        bLength=9,
        bDescriptorType=2,
        wTotalLength=9 + 9 + 2 * 7,
        bNumInterfaces=1,
        bConfigurationValue=CONFIGURATION,
        iConfiguration=0,
        bmAttributes=0xC0,  # self-powered
        bMaxPower=50,
        extra_descriptors=[],
    )


def interface_descriptor() -> SimpleNamespace:
    return SimpleNamespace(
        bLength=9,
        bDescriptorType=4,
        bInterfaceNumber=INTERFACE,
        bAlternateSetting=0,
        bNumEndpoints=2,
        bInterfaceClass=0xFF,
        bInterfaceSubClass=0,
        bInterfaceProtocol=0,
        iInterface=0,
        extra_descriptors=[],
    )


def endpoint_descriptor(index: int) -> SimpleNamespace:
    return SimpleNamespace(
        bLength=7,
        bDescriptorType=5,
        bEndpointAddress=(ENDPOINT_OUT, ENDPOINT_IN)[index],
        bmAttributes=2,  # bulk
        wMaxPacketSize=MAX_PACKET_BYTES,
        bInterval=0,
        bRefresh=0,
        bSynchAddress=0,
        extra_descriptors=[],
    )


def string_descriptor(index: int, *, product: str, serial: str) -> bytes | None:
    """String `index` of the device; None when it has no such string."""
    texts = {
        _MANUFACTURER_STRING: MANUFACTURER,
        _PRODUCT_STRING: product,
        _SERIAL_STRING: serial,
    }
    if index == 0:
        body = struct.pack("<H", _ENGLISH_US)
    elif index in texts:
        body = texts[index].encode("utf-16-le")
    else:
        return None
    return bytes((2 + len(body), STRING_DESCRIPTOR)) + body
