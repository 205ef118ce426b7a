"""The command `ramix`: finds the verb, runs it, and turns whatever happened into an exit code.

Next: `verbs.py`, which verbs there are; `identify.py`, then `../runtime.py`.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from device import installation
from device.cli import exit_codes
from device.cli.lazy_group import HELP_NAMES, LazyGroup
from device.cli.options import version_option
from device.cli.output import (
    clear_progress,
    hold_standard_streams,
    keep_quiet,
    print_error,
    print_interrupted,
    print_ramix_error,
)
from device.cli.sigterm import stop_as_by_ctrl_c
from device.cli.verbs import VERBS
from firmware_bridge.errors import RamixError

# Read by OpenBLAS when numpy is imported, which happens later. The matrices of a fit are small:
# more threads only delay the first one, by about 20 ms.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_WRONG_NAME = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.EROFS)
_LONGEST_USAGE = 4000  # characters: lists of names are shorter, a word that was typed may not be


def _defaults(name: str, verb: click.Command, words: Sequence[str]) -> dict[str, Any]:
    """What the installation's settings files set; nothing is imported where there are none."""
    try:
        if not any(map(installation.is_there, installation.settings_paths())):
            return {}
    except OSError:
        pass  # which one, and why it cannot be looked at, is said there
    from device.cli.settings_file import defaults_for

    return defaults_for(name, verb, words)


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    defaults=_defaults,
    context_settings={"help_option_names": HELP_NAMES, "max_content_width": 100},
    epilog="Exit codes: 0 identified, 9 partial, 10 unknown, 11 no result, 12 not the material, "
    "13 records begun anew; "
    "1 error, 2 usage, 3 no analyzer, 4 permission, 5 timeout, 6 protocol, 7 model refused, "
    "8 rolled back, 130 stopped by Ctrl-C or SIGTERM, 141 nobody reads the output any more.",
)
@version_option("ramix")
def cli() -> None:
    """Raman mixture identification on a handheld analyzer.

    \b
    Examples:
      ramix identify --file sample.txt
      ramix identify --port sim:replay=sample.txt --json
      ramix run --port usb:
    """


def run_command(
    arguments: Sequence[str], command: click.Command = cli, prog_name: str = "ramix"
) -> int:
    """Run one command line and return its exit code; nothing escapes but `SystemExit`'s kin.

    A reader of stdout who leaves (`| head`) ends the command, laser off and store closed as at
    any other end, without a word: `EXIT_READER_LEFT`.
    """
    hold_standard_streams()
    stdout = sys.stdout
    try:
        return _run(arguments, command, prog_name)
    except BrokenPipeError:
        pass
    except SystemExit:
        if sys.stdout is stdout:  # click puts another one there when its pipe is broken, then exits
            raise
    keep_quiet()
    return exit_codes.EXIT_READER_LEFT


def _run(arguments: Sequence[str], command: click.Command, prog_name: str) -> int:
    as_json = "--json" in arguments  # from the raw words: it must hold for usage errors too
    try:
        outcome: Any = command.main(
            args=list(arguments), prog_name=prog_name, standalone_mode=False
        )
    except RamixError as error:
        clear_progress()
        print_ramix_error(error, as_json=as_json)
        return exit_codes.exit_code_for_error(error)
    except click.UsageError as error:
        return _report_usage(error, as_json=as_json)
    except click.ClickException as error:
        print_error("error", error.format_message(), "", as_json=as_json)
        return exit_codes.EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        clear_progress()
        print_interrupted(as_json=as_json)
        return exit_codes.EXIT_INTERRUPTED
    except MemoryError:
        print_error("memory", "Not enough memory for this.", "Close programs.", as_json=as_json)
        return exit_codes.EXIT_ERROR
    except BrokenPipeError:
        raise
    except OSError as error:
        clear_progress()
        if error.errno not in _DISK_FULL:
            return _report_path(error, as_json=as_json)
        print_error(
            "disk_full",
            "The output could not be written: no space is left.",
            "Make room, or send the output elsewhere.",
            as_json=False,
        )
        keep_quiet()  # what is left in the buffer would fail again when the interpreter ends
        return exit_codes.EXIT_ERROR
    except ValueError as error:
        clear_progress()
        return _report_zero_byte(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - whatever it is: no traceback reaches the operator
        clear_progress()
        return _report_unexpected(error, as_json=as_json)
    return outcome if isinstance(outcome, int) else 0


def _report_usage(error: click.UsageError, *, as_json: bool) -> int:
    path = error.ctx.command_path if error.ctx is not None else "ramix"
    remedy = f"See `{path} --help`."
    if _is_of_a_settings_file(error):
        remedy = "It stands in a settings file: `ramix config` shows which."
    said = error.format_message()
    text = said if len(said) <= _LONGEST_USAGE else f"{said[:_LONGEST_USAGE]} [...]"
    print_error("usage", text, remedy, as_json=as_json)
    return exit_codes.EXIT_USAGE


def _is_of_a_settings_file(error: click.UsageError) -> bool:
    if error.ctx is None or not isinstance(error, click.BadParameter) or error.param is None:
        return False
    source = error.ctx.get_parameter_source(str(error.param.name))
    return source is click.core.ParameterSource.DEFAULT_MAP


def _report_path(error: OSError, *, as_json: bool) -> int:
    """A name that the system refuses (too long, forbidden, a link to itself) is no defect."""
    if isinstance(error, FileNotFoundError) and error.filename is None:  # of os.getcwd alone
        text = "The current folder is not there any more."
        print_error("no_folder", text, "Go to another one.", as_json=as_json)
        return exit_codes.EXIT_ERROR
    if error.errno not in _WRONG_NAME or not isinstance(error.filename, str):
        return _report_unexpected(error, as_json=as_json)
    name = ascii(error.filename[:60])
    from device.plain_file import why_not

    text = f"The file {name} cannot be used: {why_not(error)}."
    print_error("file_name", text, "Check its name and who may use it.", as_json=as_json)
    forbidden = isinstance(error, PermissionError)
    return exit_codes.EXIT_PERMISSION if forbidden else exit_codes.EXIT_ERROR


def _report_zero_byte(error: ValueError, *, as_json: bool) -> int:
    """No shell gives a path with one, a program or a file may."""
    from device.plain_file import ZERO_BYTE, why_not

    if why_not(error) != ZERO_BYTE:
        return _report_unexpected(error, as_json=as_json)
    text = f"A path cannot be used: {ZERO_BYTE}."
    print_error("file_name", text, "Name another file.", as_json=as_json)
    return exit_codes.EXIT_ERROR


def _report_unexpected(error: Exception, *, as_json: bool) -> int:
    """A defect of ours: one sentence and a fingerprint, the traceback only for those who ask."""
    import hashlib
    import logging
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.name}:{frame.lineno}" for frame in frames]
    # The same defect gives the same id on every analyzer, so reports can be counted together.
    fault_id = hashlib.sha256(repr((type(error).__name__, places)).encode()).hexdigest()[:8]
    logging.getLogger("ramix").debug("unexpected failure %s", fault_id, exc_info=error)
    print_error(
        "unexpected",
        f"Something unexpected happened (fault {fault_id}).",
        "Run it again with --log-level debug and report the fault id with what it prints.",
        as_json=as_json,
    )
    return exit_codes.EXIT_ERROR


def main() -> NoReturn:
    """For `python -m`; the console script begins in `start.py`."""
    stop_as_by_ctrl_c()
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
