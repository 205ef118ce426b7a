"""All figures: what is quoted first, then what is run by hand."""

from evidence.figure import Figure
from evidence.registry import FIGURES as QUOTED
from notebook import backends, experiments, int8, paper, readout, scaling, twins

FIGURES: tuple[Figure, ...] = (
    *QUOTED,
    Figure("twins", "Which compounds can be told apart", twins.make),
    Figure("readout", "How bright a frame must be", readout.make),
    Figure("backends", "The compiled kernel against numpy", backends.make),
    Figure("paper", "The paper's Tables 4 and 5, its way and ours", paper.make, trains=True),
    Figure("int8", "What int8 costs, and where", int8.make, trains=True),
    Figure("scaling", "What more compounds cost", scaling.make, trains=True),
    Figure("experiments", "The decision, one part at a time", experiments.make),
    Figure("trainings", "Training, one setting at a time", experiments.make_trainings, trains=True),
)
