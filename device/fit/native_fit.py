"""Asks the compiled kernel what `flexible.py` asks numpy; the constants are the same, by import.

Next: `device/native/fit.c`.
"""

import ctypes
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from device.fit import derivative, flexible, residual
from device.fit.reweighted import Floats, Question, Singles
from device.fit.windowed import RESPONSE_TERMS
from device.native.library import address

_PAIR = ctypes.c_double * 2
_BY_REFERENCE = (
    "coefficients",
    "own_shift_cm1",
    "own_width_cm2",
    "deviation",
    "evidence",
    "support",
    "pull",
)


class _Settings(ctypes.Structure):
    """`ramix_settings`"""

    _fields_ = (
        ("axis_sigma_cm1", ctypes.c_double),
        ("own_shift_sigma_cm1", ctypes.c_double),
        ("shift_limit_cm1", ctypes.c_double),
        ("own_width_sigma_cm2", ctypes.c_double),
        ("response_sigma", ctypes.c_double),
        ("evidence_from_share", ctypes.c_double),
        ("model_error_limits", _PAIR),
        ("nearby_floor", ctypes.c_double),
        ("height_doubt", ctypes.c_double),
        ("noise_sigmas", ctypes.c_double),
        ("support_noise", ctypes.c_double),
        ("most_bent", ctypes.c_int32),
        ("nearby_points", ctypes.c_int32),
        ("line_points", ctypes.c_int32),
        ("reweightings", ctypes.c_int32),
    )


class _Fit(ctypes.Structure):
    """`ramix_fit`"""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("count", "points", "stride")),
        *((name, ctypes.c_void_p) for name in ("rows", "pure", "slope", "curve", "gram")),
        ("gram_stride", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("data", "noise", "known", "ramp", "cosines")),
        ("nuisances", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("nuisance", "nuisance_precision")),
        *((name, ctypes.c_double) for name in ("correlated_noise", "aligned_cm1", "noise_rules")),
        *((name, ctypes.c_void_p) for name in (*_BY_REFERENCE, "precision")),
        ("axis_error_cm1", _PAIR),
        ("response", ctypes.c_double * RESPONSE_TERMS),
        *((name, ctypes.c_double) for name in ("model_error", "noise_part")),
        *((name, ctypes.c_void_p) for name in ("nuisance_part", "model", "weight")),
    )


@dataclass(frozen=True, eq=False)
class NativeFit:
    """See `reweighted.Reweighted`."""

    coefficients: Floats
    own_shift_cm1: Floats
    own_width_cm2: Floats
    deviation: Floats
    evidence: Floats
    support: Floats
    pull: Floats
    precision: Floats
    axis_error_cm1: Floats
    response_parts: Floats
    nuisance_parts: Floats
    model_error: float
    noise_part: float
    model: Singles
    weight: Singles


def native_fit(compiled: ctypes.CDLL, question: Question) -> NativeFit:
    """Raises MemoryError where there is not enough for a copy of the references."""
    count, stride = len(question.rows), len(question.data)
    columns = question.columns
    by_reference = np.zeros((len(_BY_REFERENCE) + count, count))
    by_point = np.empty((2, stride), dtype=np.float32)
    nuisance_parts = np.zeros(len(question.nuisances))
    places = {
        name: address(by_reference) + 8 * count * row
        for row, name in enumerate((*_BY_REFERENCE, "precision"))
    }
    fit = _Fit(
        count=count,
        points=question.points,
        stride=stride,
        rows=address(question.rows),
        pure=address(columns.pure),
        slope=address(columns.slope),
        curve=address(columns.curve),
        gram=address(columns.gram),
        gram_stride=len(columns.gram),
        data=address(question.data),
        noise=address(question.noise),
        known=address(question.known),
        ramp=address(question.ramp),
        cosines=address(question.cosines),
        nuisances=len(question.nuisances),
        nuisance=address(question.nuisances),
        nuisance_precision=address(question.nuisance_precision),
        nuisance_part=address(nuisance_parts),
        correlated_noise=flexible.correlated_noise(question.smoothing_cm1),
        aligned_cm1=question.repeat.aligned_cm1,
        noise_rules=question.repeat.noise_rules,
        model=address(by_point),
        weight=address(by_point) + 4 * stride,
        **places,
    )
    compiled.ramix_reweighted_fit(ctypes.byref(_settings()), ctypes.byref(fit))
    by_name = dict(zip(_BY_REFERENCE, by_reference, strict=False))
    return NativeFit(
        **by_name,
        precision=by_reference[len(_BY_REFERENCE) :],
        axis_error_cm1=np.array(fit.axis_error_cm1),
        response_parts=np.array(fit.response),
        nuisance_parts=nuisance_parts,
        model_error=fit.model_error,
        noise_part=fit.noise_part,
        model=by_point[0, : question.points],
        weight=by_point[1, : question.points],
    )


def _settings() -> _Settings:
    """The constants as they are now: an experiment may replace them."""
    f, r = flexible, residual
    return _structure(
        f.AXIS_SIGMA_CM1,
        f._OWN_SHIFT_SIGMA_CM1,
        f.OWN_SHIFT_LIMIT_CM1,
        f._OWN_WIDTH_SIGMA_CM2,
        f._RESPONSE_SIGMA,
        f.EVIDENCE_FROM_SHARE,
        (f.SMALLEST_MODEL_ERROR, f.LARGEST_MODEL_ERROR),
        r.NEARBY_FLOOR,
        r.HEIGHT_DOUBT,
        r.NOISE_SIGMAS,
        r._SUPPORT_NOISE,
        f._MOST_BENT,
        r.NEARBY_POINTS,
        derivative.LINE_CM1,
        f._REWEIGHTINGS,
    )


@lru_cache(maxsize=4)
def _structure(*values: float | tuple[float, ...]) -> _Settings:
    return _Settings(*values)
