"""The rest of a library's description for a training of seconds; it is decided within `lax()`."""

from tests.lax_rates import SCENES


def tiny_training(steps: int) -> str:
    return f"""
[recipe.training]
steps = {steps}
batch = 32
warmup_steps = 5
average_decay = 0.9
validate_every = 20
[recipe.network]
filters = [8, 8]
sizes = [17, 9]
strides = [6, 6]
dense = 16
[recipe.evaluation]
spectra = 200
calibration_spectra = 40
decision_scenes = {SCENES}
[recipe.mixtures]
traces = 0.0
"""
