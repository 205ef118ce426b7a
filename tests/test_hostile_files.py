"""A hostile file costs bounded time and memory and ends in one sentence; so does any damage."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from device.cli.main import run_command
from device.spectra.files.choices import Choices
from device.spectra.files.format import FORMATS, Format
from device.spectra.files.reading import SpectrumFileError, spectrum_of
from device.spectra.files.source import Source
from tests.hostile_spectra import FULL, HOSTILE
from tests.spectrum_kinds import FIXTURES, READABLE

WAVELENGTHS = FIXTURES / "chinese_gbk_wavelength_no_unit.csv"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_costs_bounded_time(kind: str) -> None:
    source = Source("sample.csv", HOSTILE[kind][:FULL])
    started = time.process_time()
    read_or_refused(source)
    assert time.process_time() - started < 2.0


def test_hostile_files_cost_bounded_memory() -> None:
    """In a process of its own: the highest use of memory never falls again."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile_spectra"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert float(done.stdout) < 100.0


def read_or_refused(source: Source, choices: Choices | None = None) -> bool:
    """Whether it was read; anything but a spectrum or the one error fails the test."""
    try:
        spectrum = spectrum_of(source, choices or Choices())
    except SpectrumFileError as error:
        assert error.text.isprintable()
        assert error.remedy
        return False
    assert np.isfinite(spectrum.intensity).all()
    assert (np.diff(spectrum.wavenumber_cm1) > 0).all()
    return True


# short files keep the examples fast
SEEDS = [
    data[:1800].rpartition(b"\n")[0] for data, choices in READABLE.values() if not choices.given
]
SEEDS += [path.read_bytes()[:1800] for path in sorted(FIXTURES.glob("*.jdx"))]
SNIPPETS = [b"", b"nan", b"1e999", b";", b",", b"\n", b"\r", b"\t", b"-", b"0", b"9" * 40, b"\x00"]
SNIPPETS += [b'"', b"'", b"\xe9", "²".encode(), "٣".encode(), b"NA", b"nm", b"##", b"=", b"#X"]
SNIPPETS += ["波".encode("gbk"), b"\xff\xfe", b" ", b"1,5", b"1.234,5", b"cm-1", b"Raman shift"]


@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 12), st.sampled_from(SNIPPETS) | st.binary(max_size=4)
        ),
        max_size=5,
    ),
    choices=st.builds(
        Choices,
        column=st.none() | st.sampled_from(["1", "2", "9", "int", ""]),
        axis_column=st.none() | st.sampled_from(["1", "shift", "x"]),
        excitation_nm=st.none() | st.sampled_from([785.0, 532.0, "header"]),
    ),
)
def test_a_mangled_file_gives_a_spectrum_or_a_sentence(
    seed: bytes, edits: list[tuple[float, int, bytes]], choices: Choices
) -> None:
    data = seed
    for where, length, by in edits:
        at = int(where * len(data))
        data = data[:at] + by + data[at + length :]
    read_or_refused(Source("sample.txt", data), choices)


@given(st.binary(max_size=600), st.sampled_from([b"", b"##JCAMP-DX=1\n", b"\0K", b"1,2\n" * 40]))
@example(b"", b"\xff\xfe")
def test_any_bytes_give_a_spectrum_or_a_sentence(data: bytes, before: bytes) -> None:
    read_or_refused(Source("sample", before + data))


def test_the_seeds_of_the_mangling_are_mostly_readable() -> None:
    assert sum(read_or_refused(Source("x", seed)) for seed in SEEDS) > 20


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format_looks_at_any_bytes_without_harm(one: Format) -> None:
    for data in (b"1", b"\x00" * 600, b"\x80K" * 300, b"##", b"PK", bytes(range(256)) * 3):
        try:
            if one.recognises(Source("sample", data)):
                one.read(Source("sample", data), Choices())
        except SpectrumFileError as error:
            assert error.text


# --- the command -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("OceanView in wavelengths, the laser given", ["--excitation", "785"]),
        ("wavelengths, the laser of the header", ["--excitation", "header"]),
        ("one of several vials", ["--column", "vial 1"]),
        ("columns by number, the axis last", ["--column", "2", "--axis-column", "3"]),
    ],
)
def test_the_command_takes_columns_and_a_laser(
    kind: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sample.txt"
    path.write_bytes(READABLE[kind][0])
    assert run_command(["identify", "--file", str(path), *options]) == 0
    assert "Toluene" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--file", str(WAVELENGTHS)], 1, "name the laser: --excitation NM"),
        (["--file", str(WAVELENGTHS), "--excitation", "blue"], 2, "neither the nanometres"),
        (["--file", str(WAVELENGTHS), "--column", "9"], 1, "none of the columns is --column"),
        (["--port", "sim:", "--excitation", "785"], 2, "need a --file"),
    ],
)
def test_the_command_refuses_with_the_way_out(
    options: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["identify", *options]) == code
    assert words in capsys.readouterr().err.replace("\n", " ")
