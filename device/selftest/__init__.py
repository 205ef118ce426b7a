"""Is this analyzer fit to measure today? Checks against standards, its own figures, last time."""
