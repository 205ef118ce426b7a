"""The C header, CRC and COBS beside the Python that the host runs."""

import ctypes
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.cobs import cobs_decode, cobs_encode
from firmware_bridge.framing import header_crc16, packet_crc32
from tests.c_build import C_FOLDER, CAN_BUILD, COMPILER, WHY_NOT, built
from tests.make_protocol_header import HEADER, header_file

VECTORS = Path(__file__).parent / "vectors"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{C_FOLDER}"]
FAILED = ctypes.c_size_t(-1).value
BYTES = st.one_of(
    st.binary(max_size=800),
    st.lists(st.sampled_from([b"\0", b"\1", b"\2" * 253, b"\3" * 254])).map(b"".join),
)

needs_compiler = pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)


class Reference:
    """ramix_crc.c and ramix_cobs.c, called from here."""

    def __init__(self) -> None:
        library = ctypes.CDLL(str(built() / "libramix.so"))
        size, data = ctypes.c_size_t, ctypes.c_char_p
        self._crc16, self._crc32 = library.ramix_crc16, library.ramix_crc32
        self._crc16.argtypes, self._crc16.restype = [data, size], ctypes.c_uint16
        self._crc32.argtypes = [ctypes.c_uint32, data, size]
        self._crc32.restype = ctypes.c_uint32
        self._functions = {"encode": library.ramix_cobs_encode, "decode": library.ramix_cobs_decode}
        for function in self._functions.values():
            function.argtypes, function.restype = [data, size, data, size], size

    def crc16(self, data: bytes) -> int:
        return int(self._crc16(data, len(data)))

    def crc32(self, data: bytes, crc: int = 0) -> int:
        return int(self._crc32(crc, data, len(data)))

    def cobs(self, name: str, data: bytes, capacity: int) -> bytes | None:
        """What the function wrote; None when it failed. It wrote nothing beyond `capacity`."""
        guard = b"\xa5" * 8
        room = ctypes.create_string_buffer(bytes(capacity) + guard)
        written = self._functions[name](data, len(data), room, capacity)
        assert room.raw[capacity : capacity + len(guard)] == guard
        return None if written == FAILED else room.raw[:written]


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


def stored(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())[name]
    return found


def test_the_header_is_the_one_the_code_gives() -> None:
    assert HEADER.read_text() == header_file(), "run python -m tests.make_protocol_header"


@pytest.mark.parametrize("standard", ["c11", "c++11", "c++20"])
@needs_compiler
def test_each_header_compiles_alone_without_a_warning(tmp_path: Path, standard: str) -> None:
    is_c = standard == "c11"
    compiler = COMPILER if is_c else shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler here")
    for header in C_FOLDER.glob("*.h"):
        source = tmp_path / f"{header.stem}.{'c' if is_c else 'cpp'}"
        source.write_text(f'#include "{header.name}"\n#include "{header.name}"\n')
        command = [compiler, f"-std={standard}", *STRICT, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@needs_compiler
def test_a_structure_of_another_size_does_not_compile(tmp_path: Path) -> None:
    """Negative control of the header's own assertions."""
    padded = header_file().replace("__attribute__((packed))", "")
    source = tmp_path / "padded.c"
    source.write_text(padded)
    command = [str(COMPILER), "-std=c11", "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "ramix_header" in done.stderr


@needs_compiler
def test_the_checksums_are_those_of_the_document(reference: Reference) -> None:
    assert reference.crc16(b"123456789") == 0x29B1
    assert reference.crc32(b"123456789") == 0xCBF43926


@needs_compiler
def test_each_stored_packet_has_the_checksums_that_c_computes(reference: Reference) -> None:
    for packet in stored("packets"):
        raw = bytes.fromhex(packet["raw"])
        assert reference.crc16(raw[:16]) == int.from_bytes(raw[16:18], "little")
        assert reference.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little")


@needs_compiler
@given(data=BYTES, cut=st.integers(0, 800))
def test_any_bytes_have_the_checksums_of_the_host(
    reference: Reference, data: bytes, cut: int
) -> None:
    assert reference.crc16(data) == header_crc16(data)
    assert reference.crc32(data[cut:], reference.crc32(data[:cut])) == packet_crc32(data)


@needs_compiler
def test_the_stored_bytes_are_stuffed_as_stored(reference: Reference) -> None:
    for pair in stored("cobs"):
        plain, stuffed = bytes.fromhex(pair["plain"]), bytes.fromhex(pair["stuffed"])
        assert reference.cobs("encode", plain, len(stuffed)) == stuffed
        assert reference.cobs("decode", stuffed, len(plain)) == plain


@needs_compiler
@given(data=BYTES)
def test_any_bytes_are_stuffed_as_the_host_does_it(reference: Reference, data: bytes) -> None:
    stuffed = cobs_encode(data)
    assert reference.cobs("encode", data, len(stuffed)) == stuffed
    assert reference.cobs("decode", stuffed, len(data)) == data


@needs_compiler
@given(stuffed=BYTES)
def test_any_bytes_are_unstuffed_or_refused_as_the_host_does_it(
    reference: Reference, stuffed: bytes
) -> None:
    assert reference.cobs("decode", stuffed, len(stuffed)) == cobs_decode(stuffed)


@needs_compiler
@given(data=BYTES, short_by=st.integers(1, 300))
def test_too_small_a_buffer_is_refused_and_not_overrun(
    reference: Reference, data: bytes, short_by: int
) -> None:
    stuffed = cobs_encode(data)
    tried: list[tuple[str, bytes, int]] = [("encode", data, len(stuffed))]
    if data:
        tried.append(("decode", stuffed, len(data)))
    for name, given_bytes, needed in tried:
        assert reference.cobs(name, given_bytes, max(0, needed - short_by)) is None
