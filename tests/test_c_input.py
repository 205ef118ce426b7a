"""The C firmware finds in any bytes the requests that the host's own decoder finds in them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.driver.transports.base import Transport
from device.driver.transports.serial_port import SerialTransport
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.framing import FLAG_REPLY, Framing, Packet, encode_for, make_decoder
from firmware_bridge.messages import Opcode
from tests.c_build import CAN_BUILD, WHY_NOT
from tests.c_firmware import CFirmware

pytestmark = pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)

MAX_PAYLOAD = 12 + 4096  # of the largest request of this firmware
UNKNOWN_OPCODE, LAST_ID = 0x7777, 0xFFFF_FFFF

PACKET = st.builds(
    Packet,
    st.just(UNKNOWN_OPCODE),
    st.integers(0, LAST_ID - 1),
    flags=st.sampled_from([0, 0, 0, FLAG_REPLY, 0x80]),
    payload=st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\xa5Z" * 20, bytes(300), b"x" * MAX_PAYLOAD, b"x" * (MAX_PAYLOAD + 1)]),
    ),
)
# A cut: (place, bytes taken out, bytes put in), the place as a fraction of the stream.
CUT = st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=4))


class Listener:
    """A host that sends bytes and hears which requests were answered."""

    def __init__(self, firmware: CFirmware, transport: Transport) -> None:
        self.framing = transport.framing
        self._firmware, self._transport = firmware, transport
        self._sent = 0

    def answered(self, data: bytes) -> list[int]:
        """The ids of the requests in `data`; what is cut off at its end is forgotten."""
        hello = encode_for(self.framing, Packet(Opcode.HELLO, LAST_ID))
        for portion in (data, hello):
            self._transport.write(portion, 5.0)
            self._sent += len(portion)
            until_s = time.monotonic() + 5.0
            while int(self._firmware.hand("traffic").split()[0]) < self._sent:
                assert time.monotonic() < until_s
            self._firmware.hand("advance 600")
        decoder, ids = make_decoder(self.framing), list[int]()
        while LAST_ID not in ids:
            portion = self._transport.read(5.0)
            assert portion, ids
            ids += [reply.request_id for reply in decoder.feed(portion)]
        return ids[:-1]


@pytest.fixture(params=["tcp", "pty"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    options = ("--port", "0") if request.param == "tcp" else ("--pty", str(tmp_path / "tty"))
    with CFirmware(*options, "--stopped-clock") as firmware:
        make: dict[str, Callable[[], Transport]] = {
            "tcp": lambda: TcpTransport("127.0.0.1", firmware.port),
            "pty": lambda: SerialTransport(firmware.address),
        }
        transport = make[request.param]()
        while firmware.hand("traffic") == "none":
            time.sleep(0.001)
        made = Listener(firmware, transport)
        assert not made.answered(b"")  # over TCP a host begins with a packet
        yield made
        transport.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets=st.lists(PACKET, max_size=5), cuts=st.lists(CUT, max_size=4), tail=st.binary())
def test_it_finds_what_the_host_would_find(
    listener: Listener, packets: list[Packet], cuts: list[tuple[float, int, bytes]], tail: bytes
) -> None:
    stream = bytearray(b"".join(encode_for(listener.framing, packet) for packet in packets))
    for place, taken, put in cuts:
        start = int(place * len(stream))
        stream[start : start + taken] = put
    stream += tail
    if listener.framing is Framing.COBS:
        stream += b"\0"
    found = make_decoder(listener.framing, MAX_PAYLOAD).feed(bytes(stream))
    wanted = [packet.request_id for packet in found if not packet.is_reply]
    assert listener.answered(bytes(stream)) == wanted
