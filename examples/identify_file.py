"""Identify the spectrum in a file: who is in it, how much, and what to do when it is not certain.

python examples/identify_file.py [FILE]
"""

import sys
from pathlib import Path

from device.api import RamixError, load_model, read_spectrum

RECORDED = Path(__file__).parent.parent / "data/solvents13/mixtures/ThreeSolvent-1.txt"


def main(file: str = str(RECORDED)) -> int:
    try:
        spectrum = read_spectrum(file)
        model = load_model()  # once; it takes a moment, an answer takes milliseconds
    except RamixError as error:  # no such file, a wavelength axis, a model that is not signed, ...
        print(f"{error.text} {error.remedy}", file=sys.stderr)
        return 1
    found = model.identify(spectrum).identification

    print(found.verdict)
    for one in found.components:
        print(f"{one.name} ({one.cas}): {one.signal_share:.0%} of the signal", end="")
        if one.volume_fraction is not None and one.volume_fraction_uncertainty is not None:
            half_width = one.volume_fraction_uncertainty  # of the 90% interval
            print(f", {one.volume_fraction:.0%} ± {half_width:.0%} of the volume", end="")
        print()
    print(f"not explained: {found.unexplained:.1%} of the signal")
    for reason in found.reasons:  # what is open, or why there is no answer
        print(f"{reason.text} {reason.remedy}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
