"""Firmware with one fault each, as one might ship it, and what `ramix conformance` must find.

Each class changes one thing of the simulated analyzer; its docstring says what. `FAULTS` tells the
checks that must fail on it, and no others may; `COBS_FAULTS` the same on a serial line.
"""

from typing import Final

from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from tests import planted_in_memory as memory
from tests import planted_in_the_light as light
from tests import planted_on_the_wire as wire

# Firmware -> the checks that must fail on it, all others pass or are skipped.
FAULTS: Final[dict[type[SimulatedAnalyzer], set[str]]] = {
    wire.IdOfSixteenBits: {"ids-are-repeated", "replies-belong-to-requests"},
    wire.ReplyFlagMissing: {"reply-flags"},
    light.EpochNotRaised: {"epoch-counts-settings"},
    light.LeaseNeverEnds: {"lease-lapses", "longest-lease-lapses", "lapsed-lease-ends-the-light"},
    light.LeaseFromTheExposure: {"lapsed-lease-ends-the-light"},
    light.LeaseAsAsked: {"lease-bounds"},
    light.NotBusy: {"busy-while-pending", "order-of-refusals"},
    light.FrameSeqStands: {"frame-seq-counts"},
    light.AbortedFramesCounted: {"frame-seq-counts"},
    light.FrameTooLate: {"frame-comes-at-its-time"},
    light.ClockIsASetting: {"clock"},
    light.FrameOfEarlierSettings: {"frames-follow-settings"},
    light.LockNotSeen: {"dark-frame"},
    light.DropNotFlagged: {"lapsed-lease-ends-the-light", "laser-off-ends-the-light"},
    light.LitFrameSaysArmed: {"light-within-an-exposure", "renewals-carry-the-light"},
    light.DarkFrameLit: {"dark-frame-while-armed"},
    light.LightWithoutLease: {"no-light-without-a-lease"},
    wire.CrcNotChecked: {"packet-crc-is-checked", "damage-anywhere-is-found", "truncated-packet"},
    wire.HeaderCrcNotChecked: {"header-crc-is-checked"},
    wire.HugeLengthBelieved: {"oversized-length"},
    wire.ResumesTooLate: {"truncated-packet"},
    wire.SilenceIgnored: {"long-pause-inside-a-request", "late-commands-are-not-obeyed"},
    wire.EchoAnswered: {"echoes-are-not-answered"},
    wire.UnknownIsDone: {"unknown-opcodes", "order-of-refusals"},
    wire.RefusalWithoutText: {"unknown-opcodes", "order-of-refusals", "refusal-texts"},
    wire.RefusalWithZero: {
        *("renewal-needs-a-lease", "disarming", "lease-lapses", "no-light-without-a-lease"),
        "refusal-texts",
    },
    wire.LongPayloadTaken: {"payload-lengths", "all-requests-are-known"},
    light.RangeClipped: {"integration-time-bounds"},
    light.LaserOffRefused: {"never-refused"},
    wire.AbortAnsweredFirst: {"abort-order"},
    wire.FlushEndsTheFrame: {"flush-leaves-the-frame", "never-refused"},
    memory.CapabilitiesChange: {"capabilities-are-stable"},
    memory.LongLeases: {"capabilities-are-bounded", "lease-bounds", "longest-lease-lapses"},
    wire.AnsweredTwice: {"soak", "replies-belong-to-requests"},
    memory.EventsLostByReading: {"events-stay", "lapsed-lease-ends-the-light"},
    memory.UnreadNotCounted: {"unread-events"},
    memory.UptimeInSeconds: {"uptime"},
    memory.PageDamaged: {"page-is-whole"},
    memory.OneChunkBeginsAnew: {"page-in-one-chunk"},
    memory.PageNotSealed: {"page-without-its-crc"},
    memory.HashNotCompared: {"slot-with-another-image"},
    memory.UploadNotResumed: {"slot-story", "slot-with-another-image"},
    memory.ReadBeyondTheEnd: {"slot-reading", "slot-story"},
    wire.OtherVersionsRead: {"other-versions-are-not-read"},
    wire.UnknownFlagsDropped: {"unknown-flags-are-ignored"},
    wire.TransferIsPacket: {"split-byte-by-byte", "short-pause-inside-a-request"},
    wire.NoiseSpoilsTransfer: {"garbage-between-packets", "split-byte-by-byte"},
    wire.SevenAtOnce: {"requests-in-one-go", "soak"},
    wire.FillerStuns: {"opening-after-half-a-request"},
    wire.PaddedReplies: {"replies-are-whole"},
    wire.AnyBoolTaken: {"illegal-values", "order-of-refusals"},
    wire.KilobyteReceived: {"largest-requests"},
    wire.SlowThermometers: {"answer-times", "soak"},
    light.LeaseLeftOver: {
        *("state-at-rest", "renewal-needs-a-lease", "lease-bounds", "disarming", "lease-lapses"),
        "longest-lease-lapses",
    },
    light.PowerClipped: {"laser-power-bounds"},
    light.SetpointClipped: {"cooler"},
    light.LastPixelMissing: {"dark-frame"},
    light.FrameTooEarly: {"frame-comes-at-its-time"},
    light.PendingNotTold: {"answers-while-pending"},
    light.DarkFrameFlagged: {"laser-off-in-a-dark-frame"},
    light.RemainingNotTold: {"arming"},
    light.RenewalWithoutEffect: {"renewal-restarts-the-lease", "renewals-carry-the-light"},
    light.RefusedRenewalDisarms: {"refused-renewal"},
    light.AbortLeavesLightArmed: {"abort-ends-the-light"},
    memory.SerialMissing: {"hello-is-stable", "page-is-whole"},
    memory.CameraGuessed: {"camera-is-stable", "soak"},
    memory.TriggerThatIsNotThere: {"what-it-lacks-is-zero"},
    memory.ClearsWhatNeverHappened: {"clearing-events"},
    memory.ClearsBackwards: {"clearing-events"},
    memory.BatteryTooFull: {"power", "soak"},
    memory.ClockStands: {"clock"},
    memory.ChunkOutOfTurnTaken: {"page-is-written"},
    memory.PageOfNothing: {"page-bounds"},
    memory.EmptySlotHasSize: {"slot-infos"},
    memory.SlotNumberMasked: {"slots-that-do-not-exist"},
    memory.CounterOfAResumeIgnored: {"slot-bounds"},
    memory.ImageOfNothing: {"slot-bounds"},
}
COBS_FAULTS: Final[dict[type[SimulatedAnalyzer], set[str]]] = {
    wire.FramesNotWhole: {"cobs-frames"},
    wire.OverlongFrameStuns: {"cobs-overlong-frame"},
}
