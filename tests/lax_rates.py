"""A decision of seconds: error rates that few scenes show, for tests that ask about other things.

The product's rates take about 450 scenes of each stream, most of the time of a tiny training.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from train.decision import decide as module
from train.decision import weights

SCENES = 120  # of each stream: enough for these rates, not for those of the product
RATES = {"FALSE_NAMES": 0.08, "FALSE_FOREIGN": 0.1, "FALSE_NAMES_BESIDE": 0.25}


@contextmanager
def lax() -> Iterator[None]:
    """Whatever is decided within is decided with these rates."""
    with pytest.MonkeyPatch.context() as patched:
        for name, rate in RATES.items():
            patched.setattr(module, name, rate)
            patched.setattr(weights, name, rate)
        yield
