"""Flash memory: what may be programmed, what erasing does, what a power cut leaves behind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.flash import ERASE_BLOCK_BYTES, Flash, PowerCut, ProgramFailed


def test_a_new_flash_is_erased() -> None:
    flash = Flash(2 * ERASE_BLOCK_BYTES)
    assert flash.read(0, flash.size_bytes) == b"\xff" * flash.size_bytes
    assert flash.is_blank


def test_programmed_bytes_are_read_back_and_the_rest_stays_erased() -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.program(10, b"hello")
    assert flash.read(9, 7) == b"\xffhello\xff"
    assert not flash.is_blank


def test_bits_can_be_cleared_again_and_again_but_never_set() -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.program(0, b"\xf0")
    flash.program(0, b"\xf0")
    flash.program(0, b"\x30")
    with pytest.raises(ProgramFailed):
        flash.program(0, b"\x31")
    assert flash.read(0, 1) == b"\x30"


def test_erasing_sets_every_bit_of_one_block_and_of_no_other() -> None:
    flash = Flash(2 * ERASE_BLOCK_BYTES)
    flash.program(0, b"\x00" * 256)
    flash.program(ERASE_BLOCK_BYTES, b"\x00" * 256)
    flash.erase_block(0)
    assert flash.read(0, ERASE_BLOCK_BYTES) == b"\xff" * ERASE_BLOCK_BYTES
    assert flash.read(ERASE_BLOCK_BYTES, 256) == b"\x00" * 256


def test_one_operation_stays_inside_one_page() -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.program(200, b"\x00" * 56)
    with pytest.raises(CallerError, match="crosses"):
        flash.program(200, b"\x00" * 57)


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (ERASE_BLOCK_BYTES, 1), (0, -1)])
def test_nothing_outside_the_flash_can_be_read(offset: int, length: int) -> None:
    with pytest.raises(CallerError, match="outside"):
        Flash(ERASE_BLOCK_BYTES).read(offset, length)


@pytest.mark.parametrize("size_bytes", [0, -ERASE_BLOCK_BYTES, 100])
def test_a_flash_has_whole_blocks(size_bytes: int) -> None:
    with pytest.raises(CallerError, match="blocks"):
        Flash(size_bytes)


def test_memory_given_from_outside_must_have_the_right_size() -> None:
    with pytest.raises(CallerError, match="no flash"):
        Flash(ERASE_BLOCK_BYTES, memory=np.zeros(10, np.uint8))


def test_memory_given_from_outside_keeps_what_was_programmed() -> None:
    memory = np.full(ERASE_BLOCK_BYTES, 0xFF, np.uint8)
    Flash(ERASE_BLOCK_BYTES, memory=memory).program(0, b"kept")
    assert Flash(ERASE_BLOCK_BYTES, memory=memory).read(0, 4) == b"kept"


@given(data=st.binary(min_size=1, max_size=256), seed=st.integers(0, 1000))
def test_a_cut_while_programming_leaves_each_bit_old_or_new(data: bytes, seed: int) -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.cut_power_after(0, seed=seed)
    with pytest.raises(PowerCut):
        flash.program(0, data)
    flash.restore_power()
    found = flash.read(0, len(data))
    assert all(was | wanted == was for was, wanted in zip(found, data, strict=True))
    flash.program(0, data)  # finishing the same job is always possible
    assert flash.read(0, len(data)) == data


@given(seed=st.integers(0, 1000))
def test_a_cut_while_erasing_never_clears_a_bit(seed: int) -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.program(0, b"\x5a" * 256)
    flash.cut_power_after(0, seed=seed)
    with pytest.raises(PowerCut):
        flash.erase_block(0)
    flash.restore_power()
    assert all(byte & 0x5A == 0x5A for byte in flash.read(0, 256))


def test_the_cut_comes_after_the_wanted_number_of_operations() -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.cut_power_after(2)
    flash.program(0, b"a")
    flash.program(1, b"b")
    with pytest.raises(PowerCut):
        flash.program(2, b"c")
    assert flash.operations == 3


def test_without_power_nothing_works() -> None:
    flash = Flash(ERASE_BLOCK_BYTES)
    flash.cut_power_after(0)
    with pytest.raises(PowerCut):
        flash.program(0, b"a")
    with pytest.raises(PowerCut):
        flash.program(1, b"a")
    with pytest.raises(PowerCut):
        flash.erase_block(0)
    with pytest.raises(PowerCut):
        flash.read(0, 1)
    flash.restore_power()
    flash.program(1, b"a")
    assert flash.read(1, 1) == b"a"
