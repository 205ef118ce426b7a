"""Two figures of what was tried and what it gave: the decision without each of its parts, with
whether presence could be a better probability; and training without each of its settings.

Read next: `experiments_decision.py`, `experiments_training.py`, `experiments_calibration.py` for
what is tried; `experiments_cases.py` for the spectra; `experiments_pairs.py` for what counts.
"""

from evidence.figure import Context, Result, Size
from notebook.experiments_calibration import calibration, scenes_asked
from notebook.experiments_cases import (
    FOREIGN,
    MEASURED_COLUMNS,
    NOTES,
    SIMULATED_COLUMNS,
    SUMS,
    SUMS_OF_MIXTURES,
    SUMS_WITH_FOREIGN,
    TRACES,
    cases,
)
from notebook.experiments_cases import SCENES as SCENES_OF
from notebook.experiments_decision import run as run_decision
from notebook.experiments_list import EXPERIMENTS
from notebook.experiments_pairs import Row
from notebook.experiments_tables import section, to_json
from notebook.experiments_training import mark_of, shipped_steps, trials
from notebook.experiments_training import run as run_training
from notebook.shipped import LIBRARY
from train.library.references import load_library
from train.pages.table import Table

WORK = "trainings-work"  # in the figures' folder: rows of trainings that are done
_COLUMNS = (*MEASURED_COLUMNS, *SIMULATED_COLUMNS)
# groups that tell decisions apart, and how many of each; trainings see all groups, and more
_COUNTS = {
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
_NOTES = (
    "No network is trained here: the shipped one, its references and the numbers of its decision, "
    "and one part replaced at a time. Decided anew: the other numbers are fitted again, as "
    "`ramix-train decide` does it, on the scenes that the shipped ones were fitted on. One row is "
    "decided anew on other scenes and differs by nothing but chance; what is bold differs by more.",
)
_TRAINING_NOTES = (
    "RaMixNet II by itself (int8, presence of 0.5 and more is a name), without the library fit "
    "that the product adds. Every row: {steps} steps of {batch} spectra where the shipped recipe "
    "has {shipped}, and an average over weights to match. What helps early need not help late: a "
    "row shows what a setting is for, not by how much the shipped model would change.",
    "Rows with another seed differ by nothing but chance; what is bold differs by more.",
)


def make(context: Context) -> Result:
    """The decision without each of its parts, and presence as a probability."""
    identifiers = context.identifiers()
    shipped = identifiers.get("II") or next(iter(identifiers.values()))
    decided = cases(context, {group: context.count(1, n) for group, n in _COUNTS.items()})
    # tiny leaves out what fits a decision, which takes thousands of scenes
    full = context.size is Size.FULL
    tried = [one for one in EXPERIMENTS if full or not one.decided_anew]
    of_all = len(decided) * len(tried) + 2 * scenes_asked(context)
    counted = iter(range(1, of_all + 1))

    def done() -> None:
        context.progress(next(counted), of_all)

    rows = tuple(run_decision(one, shipped, decided, done) for one in tried)
    table, calibrated = calibration(context, load_library(LIBRARY), identifiers, done)
    tables = _tables("Decision, one part at a time", rows, (*_NOTES, *NOTES))
    data = {"decision": to_json(rows, _COLUMNS), "calibration": calibrated}
    return Result((*tables, table), data=data)


def make_trainings(context: Context) -> Result:
    """Training without each of its settings."""
    identifiers = context.identifiers()
    shipped = identifiers.get("II") or next(iter(identifiers.values()))
    library = load_library(LIBRARY)
    counts = {group: context.count(1, _TRAINING_COUNT) for group in (*SCENES_OF, TRACES)}
    counts[FOREIGN] = context.count(1, _COUNTS[FOREIGN])
    every = cases(context, counts)
    work = context.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    mark = mark_of(context.seed, counts, context.size)
    tried, rows = trials(context.size), []
    short = tried[0].recipe.training
    for number, trial in enumerate(tried):
        before = number * short.steps

        def advance(steps: int, before: int = before) -> None:
            context.progress(before + steps, len(tried) * short.steps)

        rows.append(run_training(trial, library, shipped, every, work, mark, advance))
    values = {"steps": short.steps, "batch": short.batch, "shipped": shipped_steps()}
    notes = tuple(note.format(**values) for note in _TRAINING_NOTES)
    tables = _tables("Training, one setting at a time", tuple(rows), (*notes, *NOTES))
    return Result(tables, data={"training": to_json(tuple(rows), _COLUMNS)})


def _tables(title: str, rows: tuple[Row, ...], notes: tuple[str, ...]) -> tuple[Table, ...]:
    columns = {
        f"{title}: measured spectra": MEASURED_COLUMNS,
        f"{title}: simulated spectra, no training's generator": SIMULATED_COLUMNS,
    }
    return section(f"{title}: what each row shows", rows, columns, notes)
