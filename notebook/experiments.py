"""What was tried and what it gave: the decision without each of its parts, training without each
of its settings, and whether presence could be a better probability.

Read next: `experiments_decision.py`, `experiments_training.py`, `experiments_calibration.py` for
what is tried; `experiments_cases.py` for the spectra; `experiments_pairs.py` for what counts.
"""

from device.verdict.identifier import Identifier
from evidence.figure import Context, Result
from notebook.experiments_calibration import calibration, scenes_asked
from notebook.experiments_cases import (
    FOREIGN,
    MEASURED_COLUMNS,
    NOTES,
    SCENES,
    SIMULATED_COLUMNS,
    SUMS,
    SUMS_OF_MIXTURES,
    SUMS_WITH_FOREIGN,
    TRACES,
    cases,
)
from notebook.experiments_decision import run as run_decision
from notebook.experiments_list import EXPERIMENTS
from notebook.experiments_pairs import Row
from notebook.experiments_tables import section, to_json
from notebook.experiments_training import Trial, mark_of, shipped_steps, trials
from notebook.experiments_training import run as run_training
from notebook.shipped import LIBRARY
from train.library.references import TrainingLibrary, load_library
from train.pages.table import Table

WORK = "experiments-work"  # in the figures' folder: rows of trainings that are done
# groups that tell decisions apart, and how many of each; trainings see all groups, and more
_DECISION_COUNTS = {
    "unequal": 100,
    "instrument": 100,
    "crowded": 100,
    "wide": 60,
    "ray": 80,
    TRACES: 150,
    FOREIGN: 100,
    SUMS: 100,
    SUMS_OF_MIXTURES: 100,
    SUMS_WITH_FOREIGN: 100,
}
_TRAINING_COUNT = 300
_DECISION_NOTES = (
    "Nothing is trained here: the shipped network, its references and thresholds, and one part of "
    "the decision replaced at a time.",
)
_TRAINING_NOTES = (
    "RaMixNet II by itself (int8, presence of 0.5 and more is a name), without the library fit "
    "that the product adds. Every row: {steps} steps of {batch} spectra where the shipped recipe "
    "has {shipped}, and an average over weights to match. What helps early need not help late: a "
    "row shows what a setting is for, not by how much the shipped model would change.",
    "Rows with another seed differ by nothing but chance; what is bold differs by more.",
    "Spectra and marks as above.",
)


def make(context: Context) -> Result:
    """Trainings first: what they found is kept, whatever interrupts the rest."""
    identifiers = context.identifiers()
    shipped = identifiers.get("II") or next(iter(identifiers.values()))
    few = {group: context.count(1, n) for group, n in _DECISION_COUNTS.items()}
    decided = cases(context, few)
    tried = trials(context.size)
    steps = sum(one.recipe.training.steps for one in tried)
    of_all = steps + len(decided) * len(EXPERIMENTS) + 2 * scenes_asked(context)
    progress = _Steps(context, of_all)

    library = load_library(LIBRARY)
    trained = _trained(context, library, shipped, progress)
    rows = tuple(run_decision(one, shipped, decided, progress.one) for one in EXPERIMENTS)
    table, calibrated = calibration(context, library, identifiers, progress.one)
    columns = {
        "measured spectra": MEASURED_COLUMNS,
        "simulated spectra, no training's generator": SIMULATED_COLUMNS,
    }

    def tables(title: str, rows: tuple[Row, ...], notes: tuple[str, ...]) -> tuple[Table, ...]:
        named = {f"{title}: {name}": group for name, group in columns.items()}
        return section(f"{title}: what each row shows", rows, named, notes)

    every = (*MEASURED_COLUMNS, *SIMULATED_COLUMNS)
    return Result(
        (
            *tables("Decision, one part at a time", rows, (*_DECISION_NOTES, *NOTES)),
            *tables("Training, one setting at a time", trained, _training_notes(tried)),
            table,
        ),
        data={
            "decision": to_json(rows, every),
            "training": to_json(trained, every),
            "calibration": calibrated,
        },
    )


def _trained(
    context: Context, library: TrainingLibrary, shipped: Identifier, progress: "_Steps"
) -> tuple[Row, ...]:
    counts = {group: context.count(1, _TRAINING_COUNT) for group in (*SCENES, TRACES)}
    counts[FOREIGN] = context.count(1, _DECISION_COUNTS[FOREIGN])
    every = cases(context, counts)
    work = context.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    mark = mark_of(context.seed, counts, context.size)
    rows = []
    for trial in trials(context.size):
        rows.append(run_training(trial, library, shipped, every, work, mark, progress.so_far))
        progress.add(trial.recipe.training.steps)
    return tuple(rows)


def _training_notes(tried: tuple[Trial, ...]) -> tuple[str, ...]:
    short = tried[0].recipe.training
    values = {"steps": short.steps, "batch": short.batch, "shipped": shipped_steps()}
    return tuple(note.format(**values) for note in _TRAINING_NOTES)


class _Steps:
    """Counts what is done for the context's bar."""

    def __init__(self, context: Context, of_all: int) -> None:
        self._report = context.progress
        self._of_all = of_all
        self._done = 0

    def add(self, steps: int) -> None:
        self._done += steps
        self.so_far(0)

    def one(self) -> None:
        self.add(1)

    def so_far(self, steps: int) -> None:
        """Steps of work that is not finished yet."""
        self._report(self._done + steps, self._of_all)
