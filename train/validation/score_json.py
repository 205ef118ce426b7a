"""The scores as one object for programs: what `ramix-train validate --json` prints.

Proportions are {value, low, high, n} with the 95% Wilson interval; value is null where n is 0.
Next: `score_tables.py`, the same for readers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from device.inference.bundle import Bundle
from train.validation.outcomes import Outcome
from train.validation.scores import AmountScore, Scores


def scores_json(
    bundle: Bundle,
    scores: Scores,
    outcomes: Sequence[Outcome],
    notices: Sequence[str],
    pictures: Mapping[int, str],
) -> dict[str, Any]:
    """Every number is finite or null; `pictures` by row."""
    return {
        "model": {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "sha256": bundle.sha256,
        },
        "mixtures": len(outcomes),
        "exact": scores.exact.to_json(),
        "exact_identified": scores.exact_identified.to_json(),
        "with_false_name": scores.with_false_name.to_json(),
        "false_names": scores.false_names.to_json(),
        "missed": scores.missed.to_json(),
        "missed_below_limit": scores.missed_below_limit.to_json(),
        "missed_without_limit": scores.missed_without_limit,
        "verdicts": {name: part.to_json() for name, part in scores.verdicts.items()},
        "identified_with_outside": scores.identified_with_outside.to_json(),
        "amounts": _without_bias(_amounts(scores.amounts)),
        "compounds": [
            {
                "name": one.name,
                "cas": one.cas,
                "found": one.found.to_json(),
                "false_names": one.false_names.to_json(),
                "amounts": _amounts(one.amounts),
            }
            for one in scores.compounds
        ],
        "outside": [
            {"name": one.name, "mixtures": one.n, "verdicts": one.verdicts}
            for one in scores.outside
        ],
        "files": [_file(one, pictures.get(one.mixture.row)) for one in outcomes],
        "notices": list(notices),
    }


def _file(outcome: Outcome, picture: str | None) -> dict[str, Any]:
    return {
        "row": outcome.mixture.row,
        "file": outcome.mixture.file,
        "verdict": outcome.verdict,
        "exact": outcome.exact,
        "there": list(outcome.mixture.parts),
        "outside": list(outcome.mixture.outside),
        "named": list(outcome.named),
        "false_names": list(outcome.false_names),
        "missed": [
            {
                "name": one.name,
                "expected_signal_share": _rounded(one.expected_share),
                "limit": _rounded(one.limit),
            }
            for one in outcome.missed
        ],
        "reasons": list(outcome.reasons),
        "volume_fractions": [
            {
                "name": one.name,
                "true": _rounded(one.true),
                "found": _rounded(one.found),
                "uncertainty": _rounded(one.half_width),
            }
            for one in outcome.amounts
        ],
        "picture": picture,
    }


def _amounts(score: AmountScore | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "n": score.n,
        "mixtures": score.mixtures,
        "mean_absolute_error": _rounded(score.mean_absolute_error),
        "largest_error": _rounded(score.largest_error),
        "bias": _rounded(score.bias),
        "held_by_90_percent_intervals": score.held.to_json(),
    }


def _without_bias(amounts: dict[str, Any] | None) -> dict[str, Any] | None:
    """That of all compounds together is 0 by definition and tells nothing."""
    return None if amounts is None else {k: v for k, v in amounts.items() if k != "bias"}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
