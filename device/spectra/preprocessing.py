"""Gridded intensity -> the networks' input: THE one function, imported by `train` too.

A moving average is subtracted (a baseline may be thirty times the Raman signal and would leave it
4 of 127 int8 steps), then the result is scaled to its largest magnitude. A model that was trained
on one version of this file must not meet another: change the maths, change PREPROCESSING_ID.
Next: `device/inference/interpreter.py`, which takes the int8 vector.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from device.native.library import address, kernel

PREPROCESSING_ID = "highpass121-max-int8-v1"

WINDOW = 121  # points; several line widths wide at 1 cm-1, narrower than fluorescence
_HALF = WINDOW // 2
INT8_FULL_SCALE = 127

# Below this fraction of the mean intensity a filtered signal is rounding, not signal: a constant
# spectrum becomes zeros instead of magnified rounding errors.
_ROUNDING = 1e-9

Array = npt.NDArray[Any]


def preprocess(intensity: Array, valid: npt.NDArray[np.bool_] | None = None) -> Array:
    """High-pass and normalise one spectrum [G] or a batch [N, G].

    Args:
        intensity: finite and below 1e30, any real dtype; G points of the grid along the last axis.
        valid: bool [G] or the shape of `intensity`; False points were not measured: they take no
            part in any mean and are 0 in the result. None means all were.

    Returns:
        float32 of the same shape in [-1, 1]; a spectrum without structure gives zeros.
    """
    values = np.asarray(intensity, dtype=np.float64)
    if valid is None or valid.all():
        filtered, level = _window_sum(values)
        filtered *= _inverse_counts(values.shape[-1])
        np.subtract(values, filtered, out=filtered)
    else:
        mask = np.broadcast_to(valid, values.shape).astype(np.float64)
        values = np.where(mask > 0, values, 0.0)
        counts, _ = _window_sum(mask)
        filtered, level = _window_sum(values)
        filtered /= np.maximum(counts, 1.0)
        np.subtract(values, filtered, out=filtered)
        filtered *= mask
    result: Array = filtered.astype(np.float32)
    peak = np.abs(result).max(axis=-1, keepdims=True)
    level *= _ROUNDING / values.shape[-1]
    peak[peak <= np.abs(level)] = np.inf  # x / inf = 0
    result /= peak
    return result


def quantize(model_input: Array) -> npt.NDArray[np.int8]:
    """[-1, 1] -> int8 in [-127, 127], rounding half to even; the scale every bundle declares."""
    scaled = np.rint(model_input * np.float32(INT8_FULL_SCALE))
    result: npt.NDArray[np.int8] = scaled.astype(np.int8)
    return result


def model_input(intensity: Array, valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """`quantize(preprocess(...))` of one spectrum [G], to the bit."""
    compiled = kernel()
    if compiled is None or not valid.all():
        return quantize(preprocess(intensity, valid))
    values = np.ascontiguousarray(intensity, dtype=np.float64)
    size = len(values)
    result = np.empty(size, dtype=np.int8)
    compiled.ramix_model_input(
        size,
        address(values),
        min(_HALF, size - 1),
        address(_inverse_counts(size)),
        _ROUNDING / size,
        INT8_FULL_SCALE,
        address(result),
    )
    return result


def _window_sum(values: Array) -> tuple[Array, Array]:
    """Sum over the window around each point, and over all points [..., 1].

    The window shrinks at the edges, nothing is reflected.
    """
    size = values.shape[-1]
    half = min(_HALF, size - 1)
    # cumulative[k] = sum of the first k values, held constant on both sides: then one
    # subtraction yields every window, shrunken ones included
    cumulative = np.empty((*values.shape[:-1], size + 2 * half + 1))
    cumulative[..., : half + 1] = 0.0
    np.add.accumulate(values, axis=-1, out=cumulative[..., half + 1 : half + 1 + size])
    total: Array = cumulative[..., half + size : half + size + 1]
    cumulative[..., half + 1 + size :] = total
    sums: Array = cumulative[..., 2 * half + 1 :] - cumulative[..., :size]
    return sums, total


_inverse_count_cache: dict[int, Array] = {}


def _inverse_counts(size: int) -> Array:
    """1 / number of points in each window, when all are valid; depends on the size alone."""
    if size not in _inverse_count_cache:
        _inverse_count_cache[size] = 1.0 / _window_sum(np.ones(size))[0]
    return _inverse_count_cache[size]
