"""Response factors that a bundle gets when it is issued again, and where they come from.

Next: `reissue.py`, which puts them into the manifest.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

REFITTED: Final = "response_refit"  # in the manifest's provenance
_SOURCE: Final = "response_factors"  # there, too: the sentence on the card


@dataclass(frozen=True)
class NewResponse:
    """Factors by compound, and the mixtures that they come from."""

    factors: Mapping[str, tuple[float, float]]  # factor and standard uncertainty, same unit
    mixtures: int
    scatter: float  # relative, of a response from mixture to mixture
    truth_sha256: str

    def put_into(self, manifest: dict[str, Any], of: Mapping[str, str]) -> None:
        """Change the manifest as JSON; `of` names the bundle it was made from."""
        for one in manifest["compounds"]:
            if one["name"] in self.factors:
                factor, uncertainty = self.factors[one["name"]]
                one["response_factor"] = factor
                one["response_factor_uncertainty"] = uncertainty
        provenance = manifest["provenance"]
        before = str(provenance.get(_SOURCE) or "none")
        earlier = provenance.get(REFITTED)
        if isinstance(earlier, dict):  # a refit of a refit: the sentence would grow
            before = str(earlier.get("before", "none"))
        provenance[_SOURCE] = (
            f"{len(self.factors)} of {len(manifest['compounds'])} refitted from {self.mixtures} "
            f"mixtures of known parts; before: {before}"
        )
        provenance[REFITTED] = {
            "of": dict(of),
            "before": before,
            "compounds": sorted(self.factors),
            "mixtures": self.mixtures,
            "scatter": round(self.scatter, 4),
            "truth_sha256": self.truth_sha256,
        }


def new_response(
    factors: Mapping[str, tuple[float, float]], mixtures: int, scatter: float, truth: bytes
) -> NewResponse:
    """`truth` is the content of the table that says what was mixed."""
    return NewResponse(factors, mixtures, scatter, hashlib.sha256(truth).hexdigest())
