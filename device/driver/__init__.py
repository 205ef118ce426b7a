"""Bytes from the analyzer become frames, frames become an acquisition."""
