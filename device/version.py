"""The software's version, stated once: `setup.cfg` reads it, so do `--version` and every record.

Next: `answer/decision_identity.py`, the version of how it decides.
"""

VERSION = "0.1.0"
