"""What to wear and what to keep away, from hazard statements: short sentences, each by a rule.

The rules follow the precautionary statements that CLP (Annex IV) asks for beside the hazard
statements: P210, P260, P280, P284, P273. What a glove is made of is the safety data sheet's.
Next: `facts.json`, where the statements stand.
"""

from collections.abc import Sequence

_ALL_OVER = "Do not breathe vapour, do not touch: breathing protection and closed clothing."
_NO_EXPOSURE = "Avoid every exposure: fume hood or breathing protection."
_GOGGLES = "Gloves, and goggles that close all around."

# Beginnings of codes, what to do where one is there, and what says it already.
_RULES: tuple[tuple[tuple[str, ...], str, frozenset[str]], ...] = (
    (
        ("H200", "H201", "H202", "H203"),
        "Do not touch, heat or strike it; leave the place.",
        frozenset(),
    ),
    (("H300", "H310", "H330", "H301", "H311", "H331"), _ALL_OVER, frozenset()),
    (("H34", "H35", "H36", "H370", "H372"), _NO_EXPOSURE, frozenset({_ALL_OVER})),
    (
        ("H224", "H225", "H226", "H228", "H250", "H260"),
        "No flames, no sparks, no hot surfaces.",
        frozenset(),
    ),
    (("H271", "H272"), "Keep it away from everything that burns.", frozenset()),
    (("H314", "H318"), _GOGGLES, frozenset()),
    (
        ("H332", "H335", "H336", "H334", "H373", "H371"),
        "Fresh air or a fume hood.",
        frozenset({_ALL_OVER, _NO_EXPOSURE}),
    ),
    (
        ("H312", "H315", "H317", "H319", "H302", "H34", "H35", "H36", "H370", "H372"),
        "Gloves and safety glasses.",
        frozenset({_GOGGLES}),
    ),
    (("H304",), "If swallowed: no vomiting, to a doctor at once.", frozenset()),
    (("H400", "H410", "H411", "H412", "H413"), "Keep it out of drains and water.", frozenset()),
    (
        ("EUH019",),
        "Old or dried-up: do not move it, it may hold explosive peroxides.",
        frozenset(),
    ),
)


def protection(codes: Sequence[str]) -> tuple[str, ...]:
    """What to do, the most urgent first; empty where no statement asks for anything."""
    told: list[str] = []
    for starts, text, said in _RULES:
        if any(code.startswith(starts) for code in codes) and not said & set(told):
            told.append(text)
    return tuple(told)
