"""The numbers of the decision, as a manifest carries them: fitted, each with its standard error.

Read once here and validated; `device/verdict/scores.py` says what each is multiplied with.
Next: `train/decision/`, which fits them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from device import strict_json
from device.strict_json import Fields, StrictJsonError

RULE_VERSION: Final = 1  # of the formulas that the numbers belong to
_LARGEST = 1e4


@dataclass(frozen=True)
class DecisionNumbers:
    """Log odds, or log odds per unit of what they are multiplied with (see `scores.py`)."""

    evidence: float  # of ln(1 + rise of chi squared)
    evidence_if_close: float  # more of it for each ln(largest / the fit's model error)
    close_fit: float  # against, for each ln(largest / the fit's model error)
    network: float  # of the network's own log odds
    support: float  # of the part of a compound's lines that is there
    constant: float
    named_from: float  # log odds above which a compound is named
    alone_evidence: float  # in place of `evidence` where no network speaks
    alone_constant: float  # ... and of `constant`
    beside_support: float  # more of `support` beside something foreign
    beside_constant: float  # in place of `constant` less `named_from` there
    lone_line: float  # of ln(strongest line away from all others)
    worst_line: float  # of ln(largest misfit at one line)
    foreign_constant: float  # the sum above 0: something foreign is there
    network_at_limit: float  # the network's log odds of compounds at that cut


NAMES: Final = tuple(one.name for one in fields(DecisionNumbers))
# They multiply what speaks for a compound or for something foreign alone (`close_fit`: against).
_NOT_NEGATIVE: Final = frozenset(
    {
        "evidence",
        "network",
        "support",
        "evidence_if_close",
        "close_fit",
        "alone_evidence",
        "beside_support",
    }
    | {"lone_line", "worst_line"}
)


@dataclass(frozen=True)
class Decision:
    """The numbers in force, and how they were found."""

    numbers: DecisionNumbers
    standard_errors: Mapping[str, float]
    rates: Mapping[str, float]  # stated error rates, each at most so large with 95% confidence


def read_decision(where: Fields) -> Decision:
    """Raises StrictJsonError for another rule, and for numbers missing, unknown or absurd."""
    rule = where.integer("rule", 1, 0xFFFF)
    if rule != RULE_VERSION:
        raise StrictJsonError(
            f"the model's decision follows rule {rule}, this software knows rule {RULE_VERSION}"
        )
    values, errors = {}, {}
    numbers = where.fields("numbers")
    for name in NAMES:
        place = numbers.name_of(name)
        value, error = numbers.items(name, length=2)
        lowest = 0.0 if name in _NOT_NEGATIVE else -_LARGEST
        values[name] = strict_json.as_number(value, place, lowest, _LARGEST)
        errors[name] = strict_json.as_number(error, f"the error of {place}", 0.0, _LARGEST)
    numbers.done()
    for name in ("evidence", "alone_evidence"):
        if values[name] == 0.0:
            raise StrictJsonError(f"{numbers.name_of(name)} is 0: no evidence could ever do")
    rates = {
        name: strict_json.as_number(value, where.name_of(f"rates.{name}"), 0.0, 1.0)
        for name, value in where.mapping("rates").items()
    }
    where.done()
    return Decision(DecisionNumbers(**values), errors, rates)


def decision_json(decision: Decision) -> dict[str, object]:
    """What `read_decision` reads."""
    return {
        "rule": RULE_VERSION,
        "numbers": {
            name: [getattr(decision.numbers, name), decision.standard_errors[name]]
            for name in NAMES
        },
        "rates": dict(decision.rates),
    }
