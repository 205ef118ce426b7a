"""Raman standards: where the lines of polystyrene and calcite stand.

Polystyrene: ASTM E1840-96 (reapproved 2014), as data/wasatch785/ASTM-E1840-96.json has it; the
numbers stand here because an installed runtime has no data folder, and a test compares the two.
Calcite's symmetric stretch is no part of E1840, and published positions differ by several cm-1
(1,085 to 1,092). The 1,085.6 here has no standard behind it; the recorded frame of data/charisma785
shows 1,086.1 on its maker's own axis. So calcite finds gross errors and never makes an axis.

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
