"""Shared test settings: hypothesis is seeded, so that every run tries the same examples."""

import atexit
import contextlib
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

# TensorFlow and tflite-runtime share symbols: with TensorFlow first the other one crashes the whole
# test run, this way round both work. The product never has them in one process.
with contextlib.suppress(ImportError):
    import tflite_runtime.interpreter  # noqa: F401

# The device key and whatever a test forgets to place: never in the home of who runs the tests.
if "RAMIX_HOME" not in os.environ:
    os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="ramix-tests-")
    atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

settings.register_profile(
    "ramix",
    max_examples=100,
    deadline=None,  # machines are shared: a slow example is not a failure
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ramix")
