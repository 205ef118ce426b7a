"""Spectra from files, one module a format; begin with `reading.py`."""
