"""What a search is asked for, and the folder that belongs to this search and no other.

Next: `search.py`, which works in it.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from device.durable import written_whole
from firmware_bridge.errors import RamixError

_PLAN: Final = "plan.json"
TRIALS, FINALISTS, CHECKPOINTS = "trials", "finalists", "checkpoints"


class SearchError(RamixError):
    """The search cannot run, or cannot go on."""

    code = "search_failed"


@dataclass(frozen=True)
class SearchSettings:
    trials: int
    steps: int  # of one training
    max_size_kb: float  # of the int8 file, in 1000 bytes
    max_work: float  # multiply-accumulates, as a multiple of those of the recipe's own network
    finalists: int  # networks trained again, besides the recipe's own
    seeds: int  # how often each of them
    cpus_per_trial: int


def claim(folder: Path, mark: str, settings: SearchSettings) -> None:
    """Write down what this folder's search is, or refuse to go on with another one.

    `mark` is the fingerprint of recipe and library.

    Raises:
        SearchError: the folder holds another search.
    """
    path = folder / _PLAN
    plan = {"search": mark} | asdict(settings)
    if path.exists():
        try:
            same = json.loads(path.read_text()) == plan
        except ValueError:
            same = False
        if not same:
            raise SearchError(
                f"{folder} holds a search with other settings, or of another recipe or library.",
                remedy="Start anew with --fresh, or give another --work.",
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write(json.dumps(plan, indent=1).encode())


def forget(folder: Path) -> None:
    """Remove what a search needs to go on, and nothing else."""
    for name in (TRIALS, FINALISTS, CHECKPOINTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / _PLAN).unlink(missing_ok=True)
