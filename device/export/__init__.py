"""A spectrum as a file that other programs read; begin with `spectrum.py`."""
