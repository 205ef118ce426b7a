"""What is missing on this machine or in an analyzer, and how to mend it; next: `examination.py`."""
