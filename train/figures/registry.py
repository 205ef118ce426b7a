"""All figures, in the order they are made and listed."""

from train.figures import (
    bound,
    coverage,
    experiments,
    int8,
    left_out_frames,
    limits,
    measured,
    paper,
    reliability,
    robustness,
    scaling,
    sums,
    traces,
    twins,
    unequal,
    unknowns,
    worsened,
)
from train.figures.figure import Figure

FIGURES: tuple[Figure, ...] = (
    Figure("measured", "Measured spectra that nobody trained on", measured.make),
    Figure("sums", "Measured spectra added together", sums.make),
    Figure("worsened", "Measured spectra made worse", worsened.make),
    Figure("unequal", "Unequal mixtures of the measured solvents", unequal.make),
    Figure("robustness", "One thing wrong at a time, and the ideal detector", robustness.make),
    Figure("traces", "Traces of 2-5%", traces.make),
    Figure("unknowns", "Signal that the library does not have", unknowns.make),
    Figure("left_out_frames", "A compound the product goes without", left_out_frames.make),
    Figure("coverage", "Do the intervals hold the truth?", coverage.make),
    Figure("reliability", "Is presence a probability?", reliability.make),
    Figure("limits", "Is what is said to be detectable detected?", limits.make),
    Figure("bound", "Shares against what photons allow", bound.make),
    Figure("twins", "Which compounds can be told apart", twins.make),
    Figure("paper", "The paper's Tables 4 and 5, its way and ours", paper.make, trains=True),
    Figure("int8", "What int8 costs, and where", int8.make, trains=True),
    Figure("scaling", "What more compounds cost", scaling.make, trains=True),
    Figure("experiments", "What was tried, and what it gave", experiments.make, trains=True),
)
