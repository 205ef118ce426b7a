"""One fit from a known shift and width on: the data aligned, amounts found, spikes taken out.

Next: `reweighted.py`, what is asked and answered; `flexible.py`, how.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.fit.derivative import (
    SMOOTHING_CM1,
    derivative_kernel,
    kernel_variances,
    shifted,
    without_baseline,
)
from device.fit.flexible import LARGEST_MODEL_ERROR, FlexibleFit
from device.fit.library_fit import Left, LibraryFit, Start
from device.fit.measured import MeasuredDerivatives
from device.fit.native_fit import native_fit
from device.fit.residual import Residual
from device.fit.reweighted import Question, Repeat, Reweighted
from device.fit.spikes import spikes_in
from device.fit.windowed import WindowedReferences
from device.native.library import kernel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = Repeat()
_FLAT = 1e-9  # a derivative below this part of the intensity is rounding


def aligned_fit(
    references: WindowedReferences,
    measured: MeasuredDerivatives,
    start: Start,
    only: Bools | None = None,
    repeat: Repeat = NEVER,
) -> LibraryFit:
    """Fit all references, or those `only` [C].

    Where `repeat` asks for another fit, evidence, precision, support and pull are left out.
    """
    rows = references.everything if only is None else np.flatnonzero(only).astype(np.int32)
    question = _question(references, measured, start, rows, repeat)
    largest = float(np.abs(question.data).max())
    if largest < _FLAT:
        return nothing(references.spectra)
    found = _reweighted(question)
    shape = derivative_kernel(kernel_variances(start.smoothing_cm1, start.width_cm2)[1])
    spikes = spikes_in(question.data[: question.points] - found.model, shape, largest)
    spike_part = 0.0
    if spikes.any():
        spike_part = float(spikes @ spikes) / float(question.data @ question.data)
        question = replace(question, data=question.data - references.padded(spikes))
        found = _reweighted(question)
    return _answer(references, measured, start, question, found, spike_part)


def _question(
    references: WindowedReferences,
    measured: MeasuredDerivatives,
    start: Start,
    rows: npt.NDArray[np.int32],
    repeat: Repeat,
) -> Question:
    variance, data_variance = kernel_variances(start.smoothing_cm1, start.width_cm2)
    axis = (start.shift_cm1, start.stretch_cm1)
    part = references.part
    known = measured.known(data_variance)
    if known is None:
        trusted = references.ones
    else:
        trusted = references.padded(shifted(known.astype(np.float64), *axis)[part] == 1.0)
    return Question(
        columns=references.columns(variance),
        rows=rows,
        points=len(references.points),
        data=references.padded(
            without_baseline(shifted(measured.derivative(data_variance), *axis)[part])
        ),
        noise=references.padded(shifted(measured.noise(data_variance), *axis)[part]),
        known=trusted,
        ramp=references.ramp,
        cosines=references.cosines,
        smoothing_cm1=start.smoothing_cm1,
        repeat=repeat,
    )


def _reweighted(question: Question) -> Reweighted:
    compiled = kernel()
    return FlexibleFit(question) if compiled is None else native_fit(compiled, question)


def _answer(
    references: WindowedReferences,
    measured: MeasuredDerivatives,
    start: Start,
    question: Question,
    found: Reweighted,
    spike_part: float,
) -> LibraryFit:
    n, rows, scale = question.points, question.rows, measured.scale
    count = len(references.spectra)

    def spread(values: Floats) -> Floats:
        """From the fitted references to all."""
        if len(rows) == count:
            return values
        result = np.zeros(count)
        result[rows] = values
        return result

    precision = found.precision
    if len(rows) < count:
        precision = np.zeros((count, count))
        precision[np.ix_(rows, rows)] = found.precision
    shift, stretch = found.axis_error_cm1
    return LibraryFit(
        coefficients=spread(found.coefficients) * scale,
        coefficient_sd=spread(found.deviation) * scale,
        precision=precision / scale**2,
        pull=spread(found.pull) / scale,
        evidence=spread(found.evidence),
        visible=references.visible,
        support=spread(found.support),
        own_shift_cm1=spread(found.own_shift_cm1),
        own_width_cm2=spread(found.own_width_cm2),
        shift_cm1=start.shift_cm1 + float(shift),
        stretch_cm1=start.stretch_cm1 + float(stretch),
        width_cm2=start.width_cm2,
        smoothing_cm1=start.smoothing_cm1,
        noise_part=found.noise_part,
        spike_part=spike_part,
        model_error=found.model_error,
        grid_points=len(references.window),
        left=Left(
            points=references.points,
            residual=Residual(
                question.data[:n], found.model, question.noise[:n], question.known[:n] > 0.0
            ),
            response=1.0 + found.response_parts @ references.cosines[:, :n],
            weight=found.weight,
            scale=scale,
        ),
    )


def nothing(references: Floats) -> LibraryFit:
    """Of a spectrum without lines."""
    count, points = references.shape
    none = np.zeros(count)
    return LibraryFit(
        coefficients=none,
        coefficient_sd=none,
        precision=np.zeros((count, count)),
        pull=none,
        evidence=none,
        visible=none,
        support=none,
        own_shift_cm1=none,
        own_width_cm2=none,
        shift_cm1=0.0,
        stretch_cm1=0.0,
        width_cm2=0.0,
        smoothing_cm1=SMOOTHING_CM1,
        noise_part=0.0,
        spike_part=0.0,
        model_error=LARGEST_MODEL_ERROR,
        grid_points=points,
    )
