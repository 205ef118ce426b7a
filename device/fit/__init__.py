"""Spectrum and references in, amounts and what they leave out."""
