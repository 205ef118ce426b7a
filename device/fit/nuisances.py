"""What is fitted beside the references and is no sample, in numpy; in C `../native/nuisances.c`.

A nuisance is a row with a part of its own, of any sign, that no answer names. In the equations of
the amounts it is taken out of every product, for the weights of that moment; so amounts, evidence
and deviations are those of a fit of both together, and the equations stay as small as without.
Next: `flexible.py`, which asks; `first_look.py`, what is asked of nuisances before that;
`device/spectra/stray_light.py`, which there are.
"""

import numpy as np
import numpy.typing as npt

from device.fit.reweighted import Question, rounding_variance

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


class WeightedNuisances:
    """The nuisances of a question for one set of weights.

    Args:
        root: [stride], root of each point's weight.
        precision_scale: what the precision of the parts is multiplied by: where weights are 1
            instead of one over a variance, that variance.
    """

    def __init__(self, question: Question, root: Singles, precision_scale: float = 1.0) -> None:
        self._root = root
        self._any = len(question.nuisances) > 0
        if self._any:
            self._rows = question.nuisances * root
            normal = (self._rows @ self._rows.T).astype(np.float64)
            scale = max(precision_scale, rounding_variance())  # where there is no noise
            precision = np.diag(question.nuisance_precision * scale)
            self._covariance: Floats = np.linalg.inv(normal + precision)

    def taken_out(
        self, gram: Floats, projection: Floats, columns: Singles, data: Singles
    ) -> tuple[Floats, Floats]:
        """The normal equations of amounts with the nuisances' parts free.

        Args:
            gram: [K, K], projection: [K]: of `columns` alone.
            columns: [K, stride], data: [stride]: times the root of the weight.
        """
        if not self._any:
            return gram, projection
        shared = (columns @ self._rows.T).astype(np.float64)
        known = shared @ self._covariance
        return gram - known @ shared.T, projection - known @ (self._rows @ data)

    def parts(self, rest: Singles) -> Floats:
        """[N], of each nuisance in what amounts leave of the data [stride], not weighted."""
        if not self._any:
            return np.zeros(0)
        result: Floats = self._covariance @ (self._rows @ (self._root * rest))
        return result
