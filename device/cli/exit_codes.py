"""The one table from what happened to the exit code of `ramix`.

Scripts read these numbers, so they are part of the product: add, never renumber. An error finds
its row by its `code`, then by its parents' codes; one with no row ends in `EXIT_ERROR`.
Next: `main.py`, which applies it.
"""

EXIT_IDENTIFIED = 0
EXIT_ERROR = 1  # unreadable input, and everything without a row of its own
EXIT_USAGE = 2
EXIT_NO_ANALYZER = 3
EXIT_PERMISSION = 4
EXIT_TIMEOUT = 5
EXIT_PROTOCOL = 6
EXIT_MODEL_REFUSED = 7
EXIT_ROLLED_BACK = 8
EXIT_PARTIAL = 9
EXIT_UNKNOWN = 10
EXIT_NO_RESULT = 11
EXIT_MATERIAL_FAILED = 12  # verify-material: it is not this and nothing else
EXIT_BEGUN_ANEW = 13  # records verify: whole, but nobody accepted what was set aside before
EXIT_INTERRUPTED = 130  # 128 + SIGINT, what shells expect after Ctrl-C
EXIT_READER_LEFT = 141  # 128 + SIGPIPE, what shells expect when nobody reads on; no fault

VERDICT_EXIT_CODES = {
    "IDENTIFIED": EXIT_IDENTIFIED,
    "PARTIAL": EXIT_PARTIAL,
    "UNKNOWN": EXIT_UNKNOWN,
    "NO_RESULT": EXIT_NO_RESULT,
}

MATERIAL_EXIT_CODES = {
    "PASS": 0,
    "FAIL": EXIT_MATERIAL_FAILED,
    "NOT_TESTED": EXIT_NO_RESULT,
}

# Keyed by `RamixError.code`, not by class: naming the classes here would import the driver, the
# cryptography and the file readers into every start of the command.
ERROR_EXIT_CODES = {
    "usage": EXIT_USAGE,
    "port_syntax": EXIT_USAGE,
    "no_analyzer": EXIT_NO_ANALYZER,
    "link_closed": EXIT_NO_ANALYZER,
    "port_busy": EXIT_NO_ANALYZER,
    "permission": EXIT_PERMISSION,
    "timeout": EXIT_TIMEOUT,
    "protocol": EXIT_PROTOCOL,
    "calibration": EXIT_PROTOCOL,
    "calibration_mismatch": EXIT_PROTOCOL,
    "bundle_invalid": EXIT_MODEL_REFUSED,
    "method_differs": EXIT_MODEL_REFUSED,
    "rolled_back": EXIT_ROLLED_BACK,
    "sample_heats": EXIT_NO_RESULT,
}


def exit_code_for_error(error: BaseException) -> int:
    """The row of the nearest class in the error's ancestry that has one."""
    for ancestor in type(error).__mro__:
        code = ancestor.__dict__.get("code")
        if isinstance(code, str) and code in ERROR_EXIT_CODES:
            return ERROR_EXIT_CODES[code]
    return EXIT_ERROR


def exit_code_for_verdict(verdict: str) -> int:
    """0 only when everything in the spectrum is explained."""
    return VERDICT_EXIT_CODES[str(verdict)]
