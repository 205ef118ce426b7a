"""The paper's Tables 4 and 5, for networks trained its way and ours, beside what it prints.

Six samples prove little: here each is measured as often as wanted, with other liquids each time
(`paper_frames.py`). Next: `paper_networks.py`, how the networks differ; `paper_tables.py`.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.spectra.spectrum import to_grid
from evidence.figure import Context, Result
from notebook.paper_frames import SampleFrame, sample_frames
from notebook.paper_networks import OUR_WAY, train_all, ways
from notebook.paper_printed import COMPOUNDS
from notebook.paper_tables import (
    classification,
    dosage_errors,
    dosages,
    draw_dosages,
    exact_by_sample,
)
from notebook.shipped import identifiers_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OUR_PRODUCT = "II, our way, and library fit"
SHIPPED = "shipped aromatics4"
_STREAM = 4


@dataclass
class Answers:
    """What one method answered to every frame; `ratios` stays empty for RaMixNet I."""

    named: list[Bools] = field(default_factory=list)
    ratios: list[Floats] = field(default_factory=list)


def make(context: Context) -> Result:
    repeats = context.count(tiny=1, full=200)
    steps = sum(way.recipe.training.steps for way in ways(context.size))
    of_all = steps + 6 * repeats
    identifiers = train_all(context, of_all)
    products = {OUR_PRODUCT: identifiers[OUR_WAY]}
    for task, identifier in identifiers_of(context, "aromatics4").items():
        identifiers[f"{SHIPPED} {task}"] = identifier
        products[f"{SHIPPED} {task} and library fit"] = identifier
    answers = {label: Answers() for label in (*identifiers, *products)}
    frames: list[SampleFrame] = []
    for frame in sample_frames([context.seed, _STREAM], repeats):
        for label, identifier in identifiers.items():
            _ask_network(answers[label], identifier, frame)
        for label, identifier in products.items():
            _ask_product(answers[label], identifier, frame)
        frames.append(frame)
        context.progress(steps + len(frames), of_all)
    samples = np.array([frame.sample for frame in frames])
    truth = np.stack([frame.truth for frame in frames])
    by_area = np.stack([frame.truth_by_area for frame in frames])
    named = {label: np.stack(one.named) for label, one in answers.items()}
    ratios = {label: np.stack(one.ratios) for label, one in answers.items() if one.ratios}
    picture = context.out / "paper-dosages.png"
    drawn = {label: ratios[label] for label in ratios if not label.startswith(SHIPPED)}
    draw_dosages(samples, drawn, picture)
    exact, exact_data = exact_by_sample(samples, truth, named)
    quality, quality_data = dosage_errors(truth, by_area, ratios)
    table_4, data_4 = classification(truth, named)
    table_5, data_5 = dosages(samples, ratios)
    return Result(
        (exact, table_4, table_5, quality),
        (picture,),
        {"exact": exact_data, "table 4": data_4, "table 5": data_5, "errors": quality_data},
    )


def _ask_network(answers: Answers, identifier: Identifier, frame: SampleFrame) -> None:
    order = _order(identifier)
    prediction = identifier.predict(to_grid(frame.spectrum))
    answers.named.append((prediction.presence >= identifier.presence_thresholds)[order])
    if prediction.dosage is not None:
        answers.ratios.append(prediction.dosage.astype(np.float64)[order])


def _ask_product(answers: Answers, identifier: Identifier, frame: SampleFrame) -> None:
    found = identifier.identify(frame.spectrum).identification
    shares = {component.name: component.signal_share for component in found.components}
    row = np.array([shares.get(name, 0.0) for name in COMPOUNDS])
    answers.named.append(row > 0)
    answers.ratios.append(row / max(float(row.max()), 1e-9))


def _order(identifier: Identifier) -> list[int]:
    names = list(identifier.bundle.manifest.compound_names)
    return [names.index(name) for name in COMPOUNDS]
