"""Shared test settings: hypothesis is seeded, so that every run tries the same examples, and what
is kept is kept in a folder of this run.

What an administrator has set up on this machine does not count in the tests.
"""

import atexit
import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from device import installation
from tests.longest_first import longest_first

for _name in ("SYSTEM_CONFIG_DIR", "SYSTEM_STATE_DIR"):
    setattr(installation, _name, Path("/nonexistent/ramix") / _name)

# TensorFlow and tflite-runtime share symbols: with TensorFlow first the other one crashes the whole
# test run, this way round both work. The product never has them in one process.
with contextlib.suppress(ImportError):
    import tflite_runtime.interpreter  # noqa: F401

# No test touches records, keys or settings of whoever runs the suite, nor does a command it starts.
_HOME = tempfile.TemporaryDirectory(prefix="ramix-tests-")
atexit.register(_HOME.cleanup)
os.environ["RAMIX_HOME"] = _HOME.name

settings.register_profile(
    "ramix",
    max_examples=100,
    deadline=None,  # machines are shared: a slow example is not a failure
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ramix")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = longest_first(items)
