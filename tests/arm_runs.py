"""What the emulated and this machine answer in tests of the count, and what QEMU logs."""

import json

from tools.arm_report import Decision

MIXTURE = Decision("mixture.txt", "IDENTIFIED", (), {"ethanol": 0.6, "Toluene": 0.4})


def printed(*decisions: Decision, backend: str = "native") -> str:
    """As `arm_verdicts.py` prints it."""
    described = [
        {"file": one.file, "verdict": one.verdict, "reasons": one.reasons, "shares": one.shares}
        for one in decisions
    ]
    environment = {"machine": "aarch64", "backend": backend}
    return json.dumps({**environment, "decisions": described})


def log(*marks: int) -> str:
    return "".join(f"mark {mark}\n" for mark in marks)
