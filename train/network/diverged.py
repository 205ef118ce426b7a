"""A training whose loss is no number any more.

Next: `fit.py`, which raises it; `../int8/aware.py`, which does, too.
"""

from firmware_bridge.errors import RamixError


class TrainingDiverged(RamixError, FloatingPointError):
    """The loss is infinite or no number: nothing was learnt that could be kept."""

    code = "training_diverged"
    default_remedy = "Lower the learning rate in the recipe, and look for spectra of zeros or gaps."
