"""How the arrays of a fit lie in memory, how many are kept, and how densely its search samples.

With other numbers an answer takes longer, and is the same to rounding: none is a rule of the
decision, and a test changes each. Next: `kernel.h`, which LANES is shared with.
"""

LANES = 8  # rows are padded to a multiple of it
KEPT_WINDOWS = 4  # ranges of instruments in use at one time
KEPT_COLUMNS = 8  # kernels of each kind; 13 references of 2,201 points take 340 kB each
STRIDE = 2  # the search takes every second point: the smoothed derivative holds nothing finer
