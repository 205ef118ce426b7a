"""One exposure: arm, acquire, and renew the laser's lease from the loop that waits for the frame.

Never from a thread: if this loop hangs, nobody renews, and the laser goes dark by itself.

Next: `acquisition.py`, which combines several.
"""

from device.driver.claims import check_dark, check_lease
from device.driver.conversation import Conversation
from device.driver.trigger import Trigger
from firmware_bridge.errors import InstrumentError, LinkTimeout
from firmware_bridge.messages import (
    AcquireFrame,
    ArmLaser,
    FrameFlags,
    FrameReply,
    GetState,
    RenewLease,
    Status,
)
from firmware_bridge.session import Deadline

# Three renewals fit into a lease of 500 ms, so that two may be lost on the way.
_RENEWAL_S = 0.15
_RENEWALS_PER_LEASE = 3
# Oftener than this the renewals themselves would fill a serial line.
_SHORTEST_RENEWAL_S = 0.005
# Whoever answers none of so many will not answer the oldest of them any more.
_MOST_RENEWALS_WAITING = 16
_ASK_WHY_S = 1.0


class LaserDropped(InstrumentError):
    """The laser went off during an exposure: the frame shows less than it claims."""

    code = "laser_dropped"


def expose(
    talk: Conversation, lease_ms: int | None, budget_s: float, trigger: Trigger
) -> FrameReply:
    """The frame of this very request; `lease_ms` is None for a dark one.

    The laser stays armed: switching it off is the caller's, whatever happens here, also where a
    press of the trigger stops it.

    Raises:
        LinkTimeout: no frame within `budget_s`, or the link is slower than the lease is long.
        LaserDropped: the laser went off before the exposure ended.
        InstrumentError: arming, or acquiring was refused.
        ProtocolError: the lease is longer than asked, or the frame makes no sense or is stale.
    """
    deadline = talk.deadline(budget_s)
    if lease_ms is None:
        return _await_frame(talk, 0, 0.0, deadline, trigger)
    asked_s = talk.now_s()
    granted_ms = talk.call(ArmLaser(lease_ms), deadline).lease_ms
    check_lease(granted_ms, lease_ms)
    if (answered_s := talk.now_s() - asked_s) * 1000.0 > granted_ms:
        raise LinkTimeout(
            f"The answer to ARM_LASER took {answered_s:.2g} s, longer than the laser's lease of "
            f"{granted_ms} ms: over this link no lit frame can be taken.",
            remedy="Use a faster link, such as USB.",
        )
    renewal_s = min(_RENEWAL_S, granted_ms / (1000.0 * _RENEWALS_PER_LEASE))
    renewal_s = max(renewal_s, _SHORTEST_RENEWAL_S)
    return _await_frame(talk, lease_ms, renewal_s, deadline, trigger)


def _await_frame(
    talk: Conversation, lease_ms: int, renewal_s: float, deadline: Deadline, trigger: Trigger
) -> FrameReply:
    request = AcquireFrame(laser_on=lease_ms > 0)
    waiting = [talk.start(request, deadline)]  # the frame's id, then those of the renewals
    renew_at_s = talk.now_s() + renewal_s
    looking: int | None = None  # the id of the question whether the trigger was pressed
    try:
        while (reply := talk.take(waiting[0])) is None:
            left_s = talk.left_s(deadline, request, waiting[0])
            if lease_ms:
                now_s = talk.now_s()
                if now_s >= renew_at_s:
                    waiting.append(talk.start(RenewLease(lease_ms), deadline))
                    renew_at_s = now_s + renewal_s
                left_s = min(left_s, renew_at_s - now_s)
            if looking is None and trigger.look_due(talk.now_s()):
                looking = talk.start(GetState(), deadline)
            talk.listen(left_s)
            _check_renewals(talk, waiting, lease_ms)
            if looking is not None and (told := talk.take(looking)) is not None:
                looking = None
                trigger.look(told.result())
        frame: FrameReply = reply.result()
    finally:
        for request_id in (*waiting, *(() if looking is None else (looking,))):
            talk.drop(request_id)
    if frame.flags & FrameFlags.LASER_DROPPED:
        raise _dropped(talk)
    if not lease_ms:
        check_dark(frame)
    return frame


def _check_renewals(talk: Conversation, waiting: list[int], lease_ms: int) -> None:
    """Forget renewals that were granted; a refused one means darkness, a lost one nothing yet."""
    for request_id in waiting[1:]:
        reply = talk.take(request_id)
        if reply is None:
            continue
        waiting.remove(request_id)
        if isinstance(reply.error, InstrumentError):
            raise _dropped(talk) from reply.error
        check_lease(reply.result().lease_ms, lease_ms)
    for request_id in waiting[1:-_MOST_RENEWALS_WAITING]:
        waiting.remove(request_id)
        talk.drop(request_id)


def _dropped(talk: Conversation) -> LaserDropped:
    state = talk.call(GetState(), talk.deadline(_ASK_WHY_S))
    if state.interlock_closed:
        return LaserDropped(
            "The laser went off during the exposure.",
            status=Status.NOT_ARMED,
            remedy="Measure again; if it repeats, check cable and battery.",
        )
    return LaserDropped(
        "The laser went off during the exposure: the interlock is open.",
        status=Status.INTERLOCK_OPEN,
        remedy="Close the sample cover, keep it closed and measure again.",
    )
