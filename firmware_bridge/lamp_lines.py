"""Lines of lamps that a Raman instrument at 785 nm sees.

Next: `simulator/scenes.py`, which lights one; `device/spectra/lamp_light.py`, which looks for them.
"""

from typing import Final

# Neon lines that a 785 nm Raman instrument sees: wavelength in air (nm), relative intensity.
# Wavelengths: NIST Atomic Spectra Database, Ne I. Intensities: heights in the recorded lamp of
# data/charisma785, whose axis, in air, agrees with these positions to about 0.03 nm.
NEON_AIR_NM: Final = (
    (793.6996, 0.005),
    (794.3181, 0.020),
    (808.2458, 0.026),
    (811.8549, 0.018),
    (813.6406, 0.043),
    (825.9379, 0.008),
    (826.6077, 0.020),
    (830.0326, 0.183),
    (836.5749, 0.023),
    (837.7608, 1.000),
    (841.8427, 0.139),
    (846.3358, 0.017),
    (849.536, 0.620),
    (854.4696, 0.009),
    (857.1352, 0.005),
    (859.1259, 0.113),
    (863.4647, 0.181),
    (865.4383, 0.193),
    (867.9492, 0.055),
    (870.4112, 0.011),
    (877.1656, 0.019),
    (878.0621, 0.278),
    (878.3753, 0.200),
    (885.3867, 0.098),
    (886.5755, 0.063),
    (891.9501, 0.024),
    (898.8557, 0.010),
    (914.8672, 0.023),
    (920.1759, 0.019),
    (922.006, 0.015),
    (930.0853, 0.018),
    (932.6507, 0.014),
    (942.5379, 0.011),
    (948.6682, 0.008),
    (953.4163, 0.011),
    (966.542, 0.006),
)

# Argon, of discharge and fluorescent lamps as they start: wavelength in air (nm) and relative
# intensity of the lines given as strong there, NIST Atomic Spectra Database, Ar I. Mercury adds
# nothing to them: between 774 and 1,013 nm calibration lists have one faint line of it at most.
ARGON_AIR_NM: Final = (
    (794.8176, 0.57),
    (800.6157, 0.57),
    (801.4786, 0.71),
    (810.3693, 0.57),
    (811.5311, 1.00),
    (826.4522, 0.29),
    (840.8210, 0.43),
    (842.4648, 0.57),
    (852.1442, 0.43),
    (866.7944, 0.13),
    (912.2967, 1.00),
    (922.4499, 0.43),
    (965.7786, 0.71),
)


def vacuum_from_air_nm(air_nm: float) -> float:
    """Wavelength in vacuum, both in nm: Edlen's 1966 refractive index of standard air.

    Correct to 1e-4 nm around 800 nm, where air makes 0.22 nm (3 cm-1) of difference.
    """
    sigma_squared = (1e3 / air_nm) ** 2  # in 1/um^2
    index_minus_1 = 1e-8 * (
        8342.13 + 2_406_030.0 / (130.0 - sigma_squared) + 15_997.0 / (38.9 - sigma_squared)
    )
    return air_nm * (1.0 + index_minus_1)
