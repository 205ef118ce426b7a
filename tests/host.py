"""A host for tests of the simulated analyzer: asks, lets virtual time pass, hands out replies."""

from typing import Any

from firmware_bridge.messages import AcquireFrame, FrameReply, GetState, ReplyT, Request
from firmware_bridge.session import Reply, Session
from firmware_bridge.simulator.firmware import SimulatedAnalyzer


class Host:
    """One session with `analyzer`, on a clock that moves only when told or when waiting."""

    def __init__(self, analyzer: SimulatedAnalyzer) -> None:
        self.analyzer = analyzer
        self.session = Session(analyzer.framing, first_request_id=1)
        self.now_s = analyzer.now_s
        self.replies: dict[int, Reply[Any]] = {}

    def send(self, request: Request[Any]) -> int:
        """Ask and do not wait; the request's id."""
        if isinstance(request, AcquireFrame) and self.session.settings_epoch is None:
            self.ask(GetState())  # a session takes no frame before it knows the settings' epoch
        request_id, data = self.session.request(request)
        self.analyzer.receive(data, self.now_s)
        self.listen()
        return request_id

    def listen(self) -> None:
        for reply in self.session.receive(self.analyzer.poll(self.now_s)):
            self.replies[reply.request_id] = reply

    def wait(self, duration_s: float) -> None:
        """Let time pass, from one thing that happens to the next."""
        end_s = self.now_s + duration_s
        while (due_s := self.analyzer.next_due_s()) is not None and due_s < end_s:
            self.now_s = max(self.now_s, due_s)
            self.listen()
        self.now_s = end_s
        self.listen()

    def take(self, request_id: int) -> Reply[Any] | None:
        return self.replies.pop(request_id, None)

    def ask(self, request: Request[ReplyT], patience_s: float = 100.0) -> ReplyT:
        """The reply; raises what it says, TimeoutError when there is none."""
        request_id = self.send(request)
        give_up_s = self.now_s + patience_s
        while request_id not in self.replies:
            due_s = self.analyzer.next_due_s()
            if due_s is None or due_s > give_up_s:
                self.session.expire(request_id)
                self.now_s = give_up_s
                raise TimeoutError
            self.now_s = max(self.now_s, due_s)
            self.listen()
        result: ReplyT = self.replies.pop(request_id).result()
        return result

    def frame(self, frame_id: int, patience_s: float = 100.0) -> FrameReply:
        """The frame asked for earlier."""
        if frame_id not in self.replies:
            self.wait(patience_s)
        result: FrameReply = self.replies.pop(frame_id).result()
        return result
