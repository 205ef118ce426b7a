"""Shared test settings: hypothesis is seeded, so that every run tries the same examples."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ramix",
    max_examples=100,
    deadline=None,  # machines are shared: a slow example is not a failure
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ramix")
