"""What to do about a network that is not good enough to be signed, from what its training shows.

Too few steps, still learning when they ended, or compounds that look alike: in this order.
Next: `report.py`, the page that says it; `golden_spectra.py`, what a network must answer.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from device.spectra.reference_spectrum import similarities
from train.library.default_recipe import recipe_of_size
from train.library.references import TrainingLibrary
from train.recipe import Recipe

_LAST_PART = 0.25  # of the looks: the best one among these means that it was still learning
_WHERE = "under [recipe.training] of the library file, or [training] of the recipe"


def remedy_for(
    library: TrainingLibrary, recipe: Recipe, history: Sequence[Mapping[str, float]]
) -> str:
    """One or two sentences; `history` holds the looks of the training, oldest first."""
    steps = recipe.training.steps
    usual = recipe_of_size(len(library.compounds)).training.steps
    if steps < usual:
        return (
            f"Train it longer: it had {steps} steps, a library of this size usually gets {usual}. "
            f"Give `steps = {usual}` {_WHERE}, or leave it out; then repeat the command."
        )
    if _still_learning(history):
        return (
            f"It was still learning when its {steps} steps were over: give `steps = {2 * steps}` "
            f"{_WHERE}; then repeat the command."
        )
    pair = _most_alike(library)
    if pair is None:
        return "See in the report which spectra it gets wrong."
    return (
        f"More steps will not help. {pair}: take one of them out of the library, or measure both "
        "with better resolution or over a wider range."
    )


def _still_learning(history: Sequence[Mapping[str, float]]) -> bool:
    if len(history) < 2:
        return False
    exact = [look["exact"] for look in history]
    return exact.index(max(exact)) >= len(exact) - max(1, round(_LAST_PART * len(exact)))


def _most_alike(library: TrainingLibrary) -> str | None:
    if len(library.names) < 2:
        return None
    references = library.references.astype(np.float64)
    alike = np.triu(similarities(references, references), k=1)
    first, second = np.unravel_index(alike.argmax(), alike.shape)
    return (
        f"The two compounds that look most alike are {library.names[first]} and "
        f"{library.names[second]} (similarity {alike.max():.2f})"
    )
