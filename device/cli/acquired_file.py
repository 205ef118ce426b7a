"""What `ramix acquire` leaves behind: a CSV of the spectrum, or a JSON with every pixel.

Next: `../spectra/files/acquired_csv.py` and `../spectra/files/acquired_json.py`, both ends of the
two formats.
"""

from pathlib import Path

from device.durable import check_takes, written_whole
from device.export.overview import summary
from device.plain_file import why_not
from device.spectra.files import acquired_csv, acquired_json
from device.spectra.spectrum import Acquisition
from firmware_bridge.errors import RamixError

FORMATS = (".csv", ".json")
_LARGEST_BYTES = 65_535 * 40  # pixels that a frame may have; characters of one as text


class SaveError(RamixError):
    """The measurement cannot be written where it should go."""

    code = "not_saved"
    default_remedy = "Choose another file with --output."


def check_target(path: Path, *, force: bool) -> None:
    """Raises `SaveError` when `path` cannot be what the operator wants."""
    if path.suffix.lower() not in FORMATS:
        raise SaveError(
            f"{path} ends neither in .csv nor in .json.",
            remedy="Use .csv for the spectrum, .json for every pixel and the calibration.",
        )
    if path.exists() and not force:
        raise SaveError(f"{path} is there already.", remedy="Add --force to replace it.")
    if not path.absolute().parent.is_dir():
        raise SaveError(f"The folder of {path} does not exist.")


def check_room(path: Path) -> None:
    """Raises `SaveError` when the folder does not take a file now, before light is made for it."""
    try:
        check_takes(path, _LARGEST_BYTES)
    except OSError as error:
        raise SaveError(f"{path} cannot be written: {why_not(error)}.") from error


def save_acquisition(acquisition: Acquisition, path: Path, *, serial: str, force: bool) -> None:
    """Write `path` whole or not at all.

    Raises:
        SaveError: the file is there and `force` is not, or the disk does not take it.
    """
    check_target(path, force=force)
    if path.suffix.lower() == ".csv":
        content = acquired_csv.text_of(acquisition, serial)
    else:
        content = acquired_json.text_of(acquisition, summary(acquisition))
    try:
        with written_whole(path) as stream:
            stream.write(content.encode("utf-8"))
    except OSError as error:
        raise SaveError(f"{path} cannot be written: {why_not(error)}.") from error
