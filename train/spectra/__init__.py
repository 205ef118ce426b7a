"""Labelled training spectra without end."""
