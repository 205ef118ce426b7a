"""One fit from a known shift and width on: the data aligned, amounts found, spikes taken out.

Next: `reweighted.py`, what is asked and answered; `flexible.py`, how.
"""

from dataclasses import dataclass, replace

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
from device.fit.windowed import Singles, WindowedReferences
from device.native.library import kernel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = Repeat()


@dataclass(frozen=True, eq=False)
class AlignedFit:
    """One fit, and all that its answer is made from."""

    references: WindowedReferences
    scale: float  # of the data: the spectrum's intensity was divided by it
    start: Start
    question: Question
    found: Reweighted
    spike_part: float  # of the data's energy
    fitted: Bools  # [N], which of the spectrum's nuisances took part
    doubt: float  # what is not known of their lines, as a part of the model's amplitude

    def end(self, smoothing_cm1: float | None = None) -> Start:
        """Where another fit starts: at the axis found, with this smoothing or another."""
        shift, stretch = self.found.axis_error_cm1
        start = self.start
        return Start(
            start.shift_cm1 + float(shift),
            start.stretch_cm1 + float(stretch),
            start.width_cm2,
            start.smoothing_cm1 if smoothing_cm1 is None else smoothing_cm1,
        )

    def answer(self) -> LibraryFit:
        """Only of a fit that is not to be repeated: of others evidence was left out."""
        found, scale, n = self.found, self.scale, self.question.points
        precision = found.precision
        count, rows = len(self.references.spectra), self.question.rows
        if len(rows) < count:
            precision = np.zeros((count, count))
            precision[np.ix_(rows, rows)] = found.precision
        end = self.end()
        noise, known = self.question.noise, self.question.known
        data = self.question.without_nuisances(found.nuisance_parts)
        return LibraryFit(
            coefficients=self._spread(found.coefficients) * scale,
            coefficient_sd=self._spread(found.deviation) * scale,
            precision=precision / scale**2,
            pull=self._spread(found.pull) / scale,
            evidence=self._spread(found.evidence),
            visible=self.references.visible,
            support=self._spread(found.support),
            own_shift_cm1=self._spread(found.own_shift_cm1),
            own_width_cm2=self._spread(found.own_width_cm2),
            shift_cm1=end.shift_cm1,
            stretch_cm1=end.stretch_cm1,
            width_cm2=end.width_cm2,
            smoothing_cm1=end.smoothing_cm1,
            noise_part=found.noise_part,
            spike_part=self.spike_part,
            model_error=min(float(np.hypot(found.model_error, self.doubt)), LARGEST_MODEL_ERROR),
            grid_points=len(self.references.window),
            nuisance_parts=self._of_all(found.nuisance_parts),
            nuisance_amplitudes=self._of_all(self._nuisance_amplitudes()),
            left=Left(
                points=self.references.points,
                residual=Residual(data[:n], found.model, noise[:n], known[:n]),
                response=1.0 + found.response_parts @ self.references.cosines[:, :n],
                weight=found.weight,
                scale=scale,
            ),
        )

    def _nuisance_amplitudes(self) -> Floats:
        """[N], 0-1: root of the energy of each one's part, of that and the references' together."""
        found = self.found
        own = np.linalg.norm(self.question.nuisances, axis=1) * np.abs(found.nuisance_parts)
        result: Floats = own / np.maximum(own + float(np.linalg.norm(found.model)), 1e-300)
        return result

    def _of_all(self, values: Floats) -> Floats:
        """From the fitted nuisances to all."""
        result = np.zeros(len(self.fitted))
        result[self.fitted] = values
        return result

    def _spread(self, values: Floats) -> Floats:
        """From the fitted references to all."""
        rows, count = self.question.rows, len(self.references.spectra)
        if len(rows) == count:
            return values
        result = np.zeros(count)
        result[rows] = values
        return result


def aligned_fit(
    references: WindowedReferences,
    measured: MeasuredDerivatives,
    start: Start,
    only: Bools | None = None,
    repeat: Repeat = NEVER,
) -> AlignedFit | None:
    """Fit all references, or those `only` [C]; None where the data have no lines."""
    rows = references.everything if only is None else np.flatnonzero(only).astype(np.int32)
    question = _question(references, measured, start, rows, repeat)
    # of an intensity scaled to 1: a smaller derivative is rounding
    if float(np.abs(question.data).max()) < np.finfo(np.float32).eps:
        return None
    found = _reweighted(question)
    shape = derivative_kernel(kernel_variances(start.smoothing_cm1, start.width_cm2)[1])
    data = question.without_nuisances(found.nuisance_parts)
    largest = float(np.abs(data).max())
    spikes = spikes_in(data[: question.points] - found.model, shape, largest)
    spike_part = 0.0
    if spikes.any():
        spike_part = float(spikes @ spikes) / float(data @ data)
        question = replace(question, data=question.data - references.padded(spikes))
        found = _reweighted(question)
    doubts = measured.doubts(kernel_variances(start.smoothing_cm1, start.width_cm2)[1])
    doubt = 0.0
    if isinstance(doubts, np.ndarray):
        energy = max(float(np.square(found.model).sum()), 1e-300)
        doubt = float(np.sqrt(doubts[references.part].sum() / energy))
    return AlignedFit(
        references, measured.scale, start, question, found, spike_part, measured.fitted, doubt
    )


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
    known = measured.known()
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
        nuisances=_nuisances(references, measured, data_variance, axis),
        nuisance_precision=measured.nuisance_precision,
        smoothing_cm1=start.smoothing_cm1,
        repeat=repeat,
    )


def _nuisances(
    references: WindowedReferences,
    measured: MeasuredDerivatives,
    data_variance: float,
    axis: tuple[float, float],
) -> Singles:
    """[N, stride]: they lie on the instrument's axis, and are moved with the data."""
    found = measured.nuisances(data_variance)
    if not len(found):
        return references.no_rows
    moved = np.stack([shifted(row, *axis)[references.part] for row in found])
    return np.stack([references.padded(row) for row in without_baseline(moved)])


def _reweighted(question: Question) -> Reweighted:
    compiled = kernel()
    return FlexibleFit(question) if compiled is None else native_fit(compiled, question)


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
