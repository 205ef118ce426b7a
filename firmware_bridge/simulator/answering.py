"""What the simulated firmware answers to one packet: the reply, or why there is none.

Next: `instrument.py` for what the requests do; `output.py`, which queues the replies.
"""

from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import Packet
from firmware_bridge.messages import (
    Abort,
    Ack,
    Challenge,
    Flush,
    Status,
    UnknownOpcode,
    answer,
    parse_request,
    refuse,
)
from firmware_bridge.model_slots import SlotRefused
from firmware_bridge.simulator.instrument import Instrument
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.output import Output
from firmware_bridge.simulator.refused import Refused


def replies_to(
    packet: Packet, instrument: Instrument, output: Output, now_s: float
) -> list[Packet]:
    """The packets that answer `packet` at once, in their order; none for a frame, which is due
    later.

    Raises `PowerCut` where the flash lost its power meanwhile.
    """
    if packet.is_reply:
        return []  # an echo on the line; answering it would never end
    try:
        instrument.guard.check(packet.opcode)
        request = parse_request(packet)
        proven = instrument.guard.handle(request)
        if proven is not None:
            if isinstance(request, Challenge):
                instrument.laser.go_dark(now_s, DarkCause.HOST)
            return [answer(packet, proven)]
        if isinstance(request, Abort):
            aborted = instrument.stop(now_s, DarkCause.HOST)
            done = answer(packet, Ack())
            if aborted is None:
                return [done]
            return [refuse(aborted, Status.ABORTED, "aborted by the host"), done]
        if isinstance(request, Flush):
            output.flush()
            return [answer(packet, Ack())]
        reply = instrument.handle(packet, request, now_s)
        return [] if reply is None else [answer(packet, reply)]
    except UnknownOpcode as error:
        return [refuse(packet, Status.UNKNOWN_OPCODE, error.text)]
    except ProtocolError as error:
        return [refuse(packet, Status.BAD_REQUEST, error.text)]
    except Refused as error:
        return [refuse(packet, error.status, error.text)]
    except SlotRefused as error:
        return [refuse(packet, Status(error.status), error.text)]
