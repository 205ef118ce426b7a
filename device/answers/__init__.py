"""From prediction to record."""
