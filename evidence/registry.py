"""The figures that cards and docs/figures.md quote, in the order they are made and listed.

Next: `command.py`, which makes them; `measured.py`, the first.
"""

from evidence import (
    bound,
    coverage,
    decided,
    left_out_frames,
    limits,
    measured,
    noise,
    reliability,
    robustness,
    stopping,
    sums,
    traces,
    unequal,
    unknowns,
    worsened,
)
from evidence.figure import Figure

FIGURES: tuple[Figure, ...] = (
    Figure("measured", "Measured spectra that nobody trained on", measured.make),
    Figure("sums", "Measured spectra added together", sums.make),
    Figure("worsened", "Measured spectra made worse", worsened.make),
    Figure("unequal", "Unequal mixtures", unequal.make),
    Figure("robustness", "One thing wrong at a time, and the ideal detector", robustness.make),
    Figure("noise", "How noisy a measurement may be", noise.make),
    Figure("stopping", "When a measurement may stop", stopping.make),
    Figure("traces", "Traces of 2-5%", traces.make),
    Figure("unknowns", "Signal that the library does not have", unknowns.make),
    Figure("left_out_frames", "A compound the product goes without", left_out_frames.make),
    Figure("coverage", "Do the intervals hold the truth?", coverage.make),
    Figure("decided", "Do the stated error rates hold?", decided.make),
    Figure("reliability", "Is presence a probability?", reliability.make),
    Figure("limits", "Is what is said to be detectable detected?", limits.make),
    Figure("bound", "Shares against what photons allow", bound.make),
)
