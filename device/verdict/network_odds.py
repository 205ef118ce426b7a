"""What the network's presence amounts to beside the fit, as log odds.

Next: `identification.py`, which compares with it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.library import LibraryFit
from device.verdict.thresholds import FitThresholds

Floats = npt.NDArray[np.float64]


def logit(probability: npt.ArrayLike) -> Floats:
    """ln(p / (1 - p)); p is clipped to 1/256 from 0 and 1, the step of an int8 output."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), 1 / 256, 255 / 256)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def network_odds(
    fit: LibraryFit,
    presence: npt.NDArray[np.floating[Any]],
    presence_thresholds: Floats,
    t: FitThresholds,
) -> tuple[Floats, Floats, Floats]:
    """What the network's presence amounts to, compound by compound.

    Returns:
        presence: as it counts; the threshold itself where it lies below and too few of the
            compound's lines were measured for that to mean absence.
        lead: logit(presence) - logit(threshold); 0 where there is no network.
        doubt: logits that `lead` lacks for a proposal; negative beyond one, infinite where
            presence does not count or there is no network.
    """
    known = len(presence)
    barely_measured = fit.visible[:known] < t.visible_to_networks
    uncounted = barely_measured & (presence < presence_thresholds)
    counted = np.where(uncounted, presence_thresholds, presence)
    lead, doubt = np.zeros(len(fit.coefficients)), np.full(len(fit.coefficients), np.inf)
    lead[:known] = logit(counted) - logit(presence_thresholds)
    below = t.sureness_asked(fit, fit.shares) - lead
    doubt[:known] = np.where(uncounted, np.inf, below[:known])
    return counted, lead, doubt


def combined_presence(
    network: npt.NDArray[np.floating[Any]], evidence: Floats, t: FitThresholds
) -> Floats:
    """1 - (1 - p_network)(1 - p_fit) with logit(p_fit) = (evidence - threshold) / 2.

    The log odds are then divided by a temperature below 1: on scenes of another generator than
    the networks' the product is too small (`ramix-train figures --only experiments`).
    """
    result: Floats = 1.0 / (1.0 + np.exp(np.clip(0.5 * (t.evidence - evidence), -50.0, 50.0)))
    known = len(network)  # compounds measured in the field come behind, without a network
    result[:known] = 1.0 - (1.0 - np.asarray(network, dtype=np.float64)) * (1.0 - result[:known])
    odds = np.clip(result, 1e-9, 1.0 - 1e-9)
    odds = (odds / (1.0 - odds)) ** (1.0 / t.presence_temperature)
    result = odds / (1.0 + odds)
    return result
