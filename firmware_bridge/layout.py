"""How a frozen dataclass becomes a payload: one wire type per field, one `struct.Struct` per class.

Payloads are packed and little-endian, so that each is one packed C struct; only the last field may
vary in length, and then says how long it is. `PROTOCOL.md` is checked against this.

Next: `opcodes.py`, the numbers; `request.py`, what a request is; then the fields of each.
"""

import math
import operator
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Any, ClassVar, Self, TypeAlias, get_origin

import numpy as np
import numpy.typing as npt

from firmware_bridge.errors import CallerError, ProtocolError

_MAX_FLOAT32 = float(np.finfo(np.float32).max)
TEXT_SIZE = 32
DIGEST_SIZE = 32


@dataclass(frozen=True)
class WireType:
    """A field of fixed size; `encode` and `decode` raise ValueError on what is not legal."""

    name: str
    format: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


@dataclass(frozen=True)
class TailType:
    """A last field of varying size; it states its own length and must end with the payload."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


def _unsigned(name: str, format_: str, limit: int) -> WireType:
    def encode(value: Any) -> int:
        number = operator.index(value)
        if not 0 <= number <= limit:
            raise ValueError(f"{number} is not within 0 to {limit}")
        return number

    return WireType(name, format_, encode, int)


def _finite(value: float) -> float:
    if not (math.isfinite(value) and abs(value) <= _MAX_FLOAT32):
        raise ValueError(f"{value} is not a finite 32-bit number")
    return float(value)


def _bool_to_wire(value: Any) -> int:
    if value is not True and value is not False:
        raise ValueError(f"{value!r} is not a bool")
    return int(value)


def _bool_from_wire(value: int) -> bool:
    if value > 1:
        raise ValueError(f"{value} is neither 0 nor 1")
    return value == 1


def _text_to_wire(value: str) -> bytes:
    data = value.encode()
    if len(data) > TEXT_SIZE or "\0" in value:
        raise ValueError(f"{value!r} does not fit {TEXT_SIZE} bytes of UTF-8 without zeros")
    return data


def _text_from_wire(value: bytes) -> str:
    data, _, padding = value.partition(b"\0")
    if padding.strip(b"\0"):
        raise ValueError("text goes on behind its first zero byte")
    return data.decode()


def _digest(value: bytes) -> bytes:
    if len(value) != DIGEST_SIZE:
        raise ValueError(f"a digest has {DIGEST_SIZE} bytes, not {len(value)}")
    return bytes(value)


_BLOB_LENGTH = struct.Struct("<I")
_COUNTS_LENGTH = struct.Struct("<H")
_COUNTS_DTYPE = np.dtype("<u2")


def _blob_to_wire(value: bytes) -> bytes:
    return _BLOB_LENGTH.pack(len(value)) + value


def _blob_from_wire(value: bytes) -> bytes:
    (length,) = _BLOB_LENGTH.unpack_from(value)
    if length != len(value) - _BLOB_LENGTH.size:
        raise ValueError(f"{length} bytes are announced, {len(value) - _BLOB_LENGTH.size} came")
    return value[_BLOB_LENGTH.size :]


def _counts_to_wire(value: npt.NDArray[np.uint16]) -> bytes:
    value = np.asarray(value)
    if value.ndim != 1 or value.dtype.newbyteorder("<") != _COUNTS_DTYPE or value.size > 0xFFFF:
        raise ValueError("counts are a one-dimensional uint16 array of at most 65,535 pixels")
    return _COUNTS_LENGTH.pack(value.size) + value.astype(_COUNTS_DTYPE, copy=False).tobytes()


def _counts_from_wire(value: bytes) -> npt.NDArray[np.uint16]:
    (pixel_count,) = _COUNTS_LENGTH.unpack_from(value)
    if len(value) != _COUNTS_LENGTH.size + pixel_count * _COUNTS_DTYPE.itemsize:
        raise ValueError(f"{pixel_count} pixels are announced, the payload holds another number")
    # A view of the payload, hence read-only: nobody can alter a frame after it was received.
    return np.frombuffer(value, _COUNTS_DTYPE, pixel_count, _COUNTS_LENGTH.size)


def enum_u8(enum: type[IntEnum]) -> WireType:
    """One byte that must be a member of `enum`."""
    return WireType(f"u8 {enum.__name__}", "B", enum, enum)


def flags_u16(flags: type[IntFlag]) -> WireType:
    """Sixteen bits; those without a name in `flags` must be zero."""
    known = sum(member.value for member in flags)

    def check(value: int) -> IntFlag:
        if value & ~known:
            raise ValueError(f"unknown flag bits in {value:#06x}")
        return flags(value)

    return WireType(f"u16 {flags.__name__}", "H", check, check)


U8: TypeAlias = Annotated[int, _unsigned("u8", "B", 0xFF)]
U16: TypeAlias = Annotated[int, _unsigned("u16", "H", 0xFFFF)]
U32: TypeAlias = Annotated[int, _unsigned("u32", "I", 0xFFFF_FFFF)]
U64: TypeAlias = Annotated[int, _unsigned("u64", "Q", 0xFFFF_FFFF_FFFF_FFFF)]
F32: TypeAlias = Annotated[float, WireType("f32", "f", _finite, _finite)]
Bool: TypeAlias = Annotated[bool, WireType("bool", "B", _bool_to_wire, _bool_from_wire)]
Text: TypeAlias = Annotated[
    str, WireType(f"char[{TEXT_SIZE}]", f"{TEXT_SIZE}s", _text_to_wire, _text_from_wire)
]
Digest: TypeAlias = Annotated[
    bytes, WireType(f"u8[{DIGEST_SIZE}]", f"{DIGEST_SIZE}s", _digest, _digest)
]
Blob: TypeAlias = Annotated[bytes, TailType("u32 n, u8[n]", _blob_to_wire, _blob_from_wire)]
Counts: TypeAlias = Annotated[
    npt.NDArray[np.uint16], TailType("u16 n, u16[n]", _counts_to_wire, _counts_from_wire)
]


class Message:
    """Base of all payloads: subclasses are frozen dataclasses whose fields have wire types."""

    wire_fields: ClassVar[tuple[tuple[str, WireType], ...]] = ()
    wire_tail: ClassVar[tuple[str, TailType] | None] = None
    wire_struct: ClassVar[struct.Struct] = struct.Struct("<")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        types = [
            (name, annotation.__metadata__[0])
            for name, annotation in cls.__dict__.get("__annotations__", {}).items()
            if get_origin(annotation) is Annotated
        ]
        if types and isinstance(types[-1][1], TailType):
            cls.wire_tail = types.pop()
        cls.wire_fields = tuple(types)
        cls.wire_struct = struct.Struct("<" + "".join(kind.format for _, kind in types))

    def to_bytes(self) -> bytes:
        """The payload. Raises `CallerError` when a value does not fit its field."""
        name = ""
        try:
            values = []
            for name, kind in self.wire_fields:
                values.append(kind.encode(getattr(self, name)))
            head = self.wire_struct.pack(*values)
            if self.wire_tail is None:
                return head
            name, tail = self.wire_tail
            return head + tail.encode(getattr(self, name))
        except (ValueError, TypeError) as error:
            raise CallerError(f"{type(self).__name__}.{name}: {error}.") from error

    def check(self) -> None:
        """Called on what was received; raises ValueError where its fields contradict each other."""

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """Read a payload. Raises `ProtocolError` on a wrong length or an illegal value."""
        size = cls.wire_struct.size
        if len(payload) < size or (cls.wire_tail is None and len(payload) != size):
            raise ProtocolError(
                f"{cls.__name__} needs {size} bytes, the payload has {len(payload)}."
            )
        name = ""
        values = {}
        try:
            raw_values = cls.wire_struct.unpack_from(payload)
            for (name, kind), raw in zip(cls.wire_fields, raw_values, strict=True):
                values[name] = kind.decode(raw)
            if cls.wire_tail is not None:
                name, tail = cls.wire_tail
                values[name] = tail.decode(payload[size:])
        except (ValueError, struct.error) as error:
            raise ProtocolError(f"{cls.__name__}.{name}: {error}.") from error
        message = cls(**values)
        try:
            message.check()
        except ValueError as error:
            raise ProtocolError(f"{cls.__name__}: {error}.") from error
        return message
