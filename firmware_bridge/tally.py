"""What a link brought that was of no use, counted by its kind and told in words.

A firmware's author has to know whether nothing came, or something that was thrown away, and why.
The decoders and the session count here; an error of silence ends with `Tally.text`.

Next: `framing.py`, which finds packets; `session.py`, which matches them.
"""

from dataclasses import dataclass, fields, replace


@dataclass
class Tally:
    """Counts since a link was opened; `since` gives those of one exchange.

    received_bytes: everything that came.
    noise_bytes: bytes outside of any packet.
    wrong_crc: packets whose CRC-32 does not hold; `wrong_header`: headers whose CRC-16 does not.
    cut_off: packets that the link fell silent in, or whose frame ended too early.
    too_long: packets or frames longer than any may be.
    other_version: packets of another version, the last of which is `version`.
    malformed: serial frames that hold no packet.
    echoed: packets of our own direction.
    late: replies to requests that nobody waits for any more, or that were answered before.
    strange: replies to what was never asked.
    """

    received_bytes: int = 0
    noise_bytes: int = 0
    wrong_crc: int = 0
    wrong_header: int = 0
    cut_off: int = 0
    too_long: int = 0
    other_version: int = 0
    malformed: int = 0
    echoed: int = 0
    late: int = 0
    strange: int = 0
    version: int | None = None

    def copy(self) -> "Tally":
        """The counts of this moment, for `since`."""
        return replace(self)

    def add(self, other: "Tally") -> None:
        """Count what `other` counted as well."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.version = self.version if other.version is None else other.version

    def since(self, earlier: "Tally") -> "Tally":
        """What was counted after `earlier` was copied."""
        counts = {name: getattr(self, name) - getattr(earlier, name) for name in _COUNTS}
        return Tally(**counts, version=self.version)

    @property
    def discarded(self) -> list[str]:
        """What was thrown away, a phrase for each kind."""
        kinds = (
            (self.wrong_crc, "packet{s} with a wrong CRC"),
            (self.wrong_header, "packet header{s} with a wrong CRC"),
            (self.cut_off, "cut-off packet{s}"),
            (self.too_long, "packet{s} longer than any may be"),
            (self.other_version, f"packet{{s}} of version {self.version}"),
            (self.malformed, "frame{s} without a packet"),
            (self.echoed, "echo{es} of what was asked"),
            (self.late, "late or doubled repl{ies}"),
            (self.strange, "repl{ies} to what was not asked"),
        )
        told = [
            f"{count} {words.format(**(_ONE if count == 1 else _MANY))}"
            for count, words in kinds
            if count
        ]
        if not told and self.noise_bytes:
            told = [f"{self.noise_bytes} byte{'' if self.noise_bytes == 1 else 's'} of no packet"]
        return told

    def text(self, unfinished_bytes: int = 0) -> str:
        """What became of the bytes that came, to stand behind a colon; "" when all were of use.

        `unfinished_bytes` wait for the rest of their packet.
        """
        if not self.received_bytes:
            return "nothing came back"
        told = self.discarded
        *most, last = told or [""]
        listed = f"{', '.join(most)} and {last}" if most else last
        phrases = [f"{listed} discarded"] if told else []
        if unfinished_bytes:
            phrases.append(f"{unfinished_bytes} bytes came of a packet that has no end yet")
        return "; ".join(phrases)


_ONE = {"s": "", "es": "", "ies": "y"}
_MANY = {"s": "s", "es": "es", "ies": "ies"}
_COUNTS = tuple(field.name for field in fields(Tally) if field.name != "version")
