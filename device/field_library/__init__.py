"""Compounds measured in the field."""
