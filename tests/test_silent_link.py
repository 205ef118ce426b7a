"""A request cut off on its way is not obeyed once the link fell silent, nor what it swallowed."""

from firmware_bridge.framing import MAX_PAUSE_S, Packet, PacketDecoder, encode
from firmware_bridge.messages import ArmLaser, Hello, Opcode, SlotWrite
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene

CUT_OFF = encode(Packet(Opcode.SLOT_WRITE, 1, payload=SlotWrite(0, 0, bytes(60)).to_bytes()))[:40]
SWALLOWED = encode(Packet(Opcode.ARM_LASER, 2, payload=ArmLaser(400).to_bytes()))
LATER = b"".join(encode(Packet(Hello.opcode, request_id)) for request_id in (3, 4))


def answered(pause_s: float) -> list[int]:
    """The ids answered when the host goes on after a pause."""
    analyzer = SimulatedAnalyzer(EmptyScene())
    analyzer.receive(CUT_OFF + SWALLOWED, now_s=1.0)
    assert analyzer.poll(1.0) == b""
    analyzer.receive(LATER, now_s=1.0 + pause_s)
    return [p.request_id for p in PacketDecoder().feed(analyzer.poll(1.0 + pause_s))]


def test_after_silence_the_firmware_forgets_a_cut_off_packet_and_what_it_swallowed() -> None:
    assert answered(2 * MAX_PAUSE_S) == [3, 4]


def test_without_silence_what_was_swallowed_is_found_and_answered() -> None:
    """Negative control: the laser command was there to be obeyed."""
    assert answered(0.5 * MAX_PAUSE_S) == [2, 3, 4]


def test_a_packet_that_only_pauses_is_still_read() -> None:
    analyzer = SimulatedAnalyzer(EmptyScene())
    request = encode(Packet(Hello.opcode, 7))
    analyzer.receive(request[:9], now_s=1.0)
    analyzer.receive(request[9:], now_s=1.0 + MAX_PAUSE_S)
    (reply,) = PacketDecoder().feed(analyzer.poll(2.0))
    assert reply.request_id == 7
