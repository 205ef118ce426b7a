"""From pure references to signed int8 models."""
