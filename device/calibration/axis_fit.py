"""The polynomial from pixel to wavelength through matched lines, with what it leaves.

Next: `lamp_axis.py`, which decides whether it is good enough.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.spectra.noise import MAD_TO_SIGMA, median

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LOWEST_DEGREE: Final = 2
HIGHEST_DEGREE: Final = 4
# A higher degree must lower the criterion by so much: beyond the lines it errs more.
_WORTH_A_DEGREE: Final = 6.0
_POINTS_BEYOND: Final = 2  # a degree needs so many lines more than it has numbers
# What a centre may be off whatever its noise: the line's own shape on the pixels.
_LEAST_SIGMA_PIXEL: Final = 0.03
_OUTLIER_SIGMAS: Final = 4.0
_LEAST_OUTLIER_PIXEL: Final = 0.3
_ROUNDS: Final = 10


@dataclass(frozen=True, eq=False)
class AxisFit:
    """wavelength_nm(pixel) = sum of coefficients_nm[k] * pixel**k, vacuum, pixel from 0.

    residual_nm: [m], line minus polynomial, of every line given; `used` [m] marks those fitted.
    covariance: of the numbers in u = (pixel - middle) / half, scaled by what the residuals show.
    """

    coefficients_nm: tuple[float, ...]
    residual_nm: Floats
    used: Bools
    covariance: Floats
    pixel_count: int

    @property
    def degree(self) -> int:
        return len(self.coefficients_nm) - 1

    @property
    def rms_nm(self) -> float:
        """Of the lines used, by their number less that of the polynomial's numbers."""
        left = self.residual_nm[self.used]
        return float(np.sqrt(np.square(left).sum() / max(len(left) - len(self.coefficients_nm), 1)))

    def wavelength_nm(self, pixel: Floats) -> Floats:
        result: Floats = np.polyval(np.array(self.coefficients_nm[::-1]), pixel)
        return result

    def standard_error_nm(self, pixel: Floats) -> Floats:
        """Of the polynomial at these pixels, if the axis is one of this degree."""
        powers = np.vander(_u(pixel, self.pixel_count), len(self.coefficients_nm), increasing=True)
        result: Floats = np.sqrt(np.einsum("ij,jk,ik->i", powers, self.covariance, powers))
        return result


def fit_axis(
    center_pixel: Floats, sigma_pixel: Floats, line_nm: Floats, fit: Bools, pixel_count: int
) -> AxisFit | None:
    """Weighted least squares without outliers; the degree by the corrected Akaike criterion.

    Args:
        center_pixel, sigma_pixel, line_nm: [m].
        fit: [m], False for lines that are shown beside the fit but have no part in it.

    Returns None with fewer lines than the lowest degree needs.
    """
    best: tuple[float, AxisFit] | None = None
    for degree in range(LOWEST_DEGREE, HIGHEST_DEGREE + 1):
        if np.count_nonzero(fit) < degree + 1 + _POINTS_BEYOND:
            break
        tried = _fit(degree, center_pixel, sigma_pixel, line_nm, fit, pixel_count)
        worth = _WORTH_A_DEGREE if best is not None and degree > 3 else 0.0
        if best is None or tried[0] < best[0] - worth:
            best = tried
    return None if best is None else best[1]


def _fit(
    degree: int,
    center_pixel: Floats,
    sigma_pixel: Floats,
    line_nm: Floats,
    fit: Bools,
    pixel_count: int,
) -> tuple[float, AxisFit]:
    """(criterion, fit) of one degree."""
    u = _u(center_pixel, pixel_count)
    powers = np.vander(u, degree + 1, increasing=True)
    nm_per_pixel = _slope(center_pixel, line_nm)
    sigma_nm = np.hypot(sigma_pixel, _LEAST_SIGMA_PIXEL) * nm_per_pixel
    used = fit.copy()
    numbers = np.zeros(degree + 1)
    for _ in range(_ROUNDS):
        weight = 1.0 / sigma_nm[used]
        numbers = np.linalg.lstsq(
            powers[used] * weight[:, None], line_nm[used] * weight, rcond=None
        )[0]
        off = np.abs(line_nm - powers @ numbers)
        typical = MAD_TO_SIGMA * median(off[used] / sigma_nm[used])
        limit = np.maximum(
            _OUTLIER_SIGMAS * max(typical, 1.0) * sigma_nm, _LEAST_OUTLIER_PIXEL * nm_per_pixel
        )
        # a line once left out may come back; too few are never left
        now = fit & (off <= limit)
        if (now == used).all() or np.count_nonzero(now) < degree + 1 + _POINTS_BEYOND:
            break
        used = now
    residual = line_nm - powers @ numbers
    m, k = int(np.count_nonzero(used)), degree + 1
    scaled = powers[used] / sigma_nm[used][:, None]
    chi_squared = float(np.square(residual[used] / sigma_nm[used]).sum())
    # an outlier costs what the limit allows: leaving lines out must not look like a better fit
    lost = int(np.count_nonzero(fit)) - m
    loss = chi_squared + lost * _OUTLIER_SIGMAS**2
    total = m + lost
    criterion = total * np.log(max(loss, 1e-12) / total) + 2 * k
    criterion += 2.0 * k * (k + 1) / max(total - k - 1, 1)
    covariance = np.linalg.inv(scaled.T @ scaled) * max(chi_squared / max(m - k, 1), 1.0)
    return float(criterion), AxisFit(
        _in_pixels(numbers, pixel_count), residual, used, covariance, pixel_count
    )


def _u(pixel: Floats, pixel_count: int) -> Floats:
    return (pixel - 0.5 * (pixel_count - 1)) / (0.5 * pixel_count)


def _slope(center_pixel: Floats, line_nm: Floats) -> float:
    return float((line_nm[-1] - line_nm[0]) / (center_pixel[-1] - center_pixel[0]))


def _in_pixels(numbers: Floats, pixel_count: int) -> tuple[float, ...]:
    """The polynomial in u as one in pixels."""
    u = np.poly1d([2.0 / pixel_count, -(pixel_count - 1.0) / pixel_count])
    polynomial = np.poly1d(numbers[::-1])(u)
    coefficients = np.zeros(len(numbers))
    found = np.asarray(polynomial.coeffs)[::-1]
    coefficients[: len(found)] = found
    return tuple(float(number) for number in coefficients)
