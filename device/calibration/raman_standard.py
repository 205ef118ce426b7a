"""Raman standards: where the lines of polystyrene and calcite stand.

Polystyrene: ASTM E1840-96 (reapproved 2014), as data/wasatch785/ASTM-E1840-96.json has it; the
numbers stand here because an installed runtime has no data folder, and a test compares the two.
Calcite's symmetric stretch is no part of E1840. Published positions lie between 1085 and 1086.5,
so it checks an axis and never makes one.

Next: `laser_wavelength.py`, which measures with them.
"""

from typing import Final

# Those that stand alone. Left out: 1450.5 and 1583.1, which have shoulders, and the CH stretches
# from 2852.4 on, which overlap and lie beyond the lamps' last lines.
POLYSTYRENE_CM1: Final = (620.9, 795.8, 1001.4, 1031.8, 1155.3, 1602.3)
# 1583.1 stands so near that wider lines move this one.
POLYSTYRENE_CROWDED_CM1: Final = 1602.3
POLYSTYRENE_STRONGEST_CM1: Final = 1001.4
CALCITE_CM1: Final = 1085.6
