"""A record as CSV, JSON, JCAMP-DX or SPC: numbers for other programs.

Of an analyzer's record CSV and JSON are the formats of `ramix acquire`, with raw lit and dark
counts: our reader answers them as it answered the measurement. Next: `csv_columns.py`, `jcamp.py`
and `spc.py`, the writers; `../spectra/files/`, the readers.
"""

import numpy as np

from device.export.csv_columns import csv_of
from device.export.exhibit import Exhibit
from device.export.facts import facts_of
from device.export.jcamp import jcamp_of
from device.export.kept import kept_json
from device.export.overview import summary
from device.export.spc import spc_of
from device.export.spectrum import MEASURED, ExportedSpectrum, one_line
from device.spectra.files import acquired_csv, acquired_json, exported_json, header_facts
from device.spectra.spectrum import Floats

LEFT_OUT = "left out here, for readers would misunderstand it"
_READ_BACK = ("integration_time_ms", "frames", "flags", "saturated", "pixels")  # own lines there


def csv_file(exhibit: Exhibit) -> bytes:
    """Comments `# name: value`, then axis and values in columns."""
    raw = exhibit.spectrum.raw
    if raw is None:
        return csv_of(exported_spectrum(exhibit))
    facts = facts_of(exhibit)
    told = [
        f"# {name}: {one_line(value)}" for name, value in facts.items() if name not in _READ_BACK
    ]
    own = acquired_csv.text_of(raw, raw.calibration.serial)
    return ("\n".join(told) + "\n" + own).encode("utf-8")


def json_file(exhibit: Exhibit) -> bytes:
    """The acquisition with the whole result and every fact beside it; a file's curves else."""
    beside = {"facts": facts_of(exhibit), "result": dict(exhibit.result), **kept_json(exhibit)}
    raw = exhibit.spectrum.raw
    if raw is not None:
        return acquired_json.text_of(raw, {**summary(raw), "record": beside}).encode("utf-8")
    title, facts = title_of(exhibit), facts_of(exhibit)
    return exported_json.text_of(exhibit.spectrum, title, facts, beside).encode("utf-8")


def jcamp_file(exhibit: Exhibit) -> bytes:
    return jcamp_of(exported_spectrum(exhibit))


def spc_file(exhibit: Exhibit) -> bytes:
    return spc_of(exported_spectrum(exhibit))


def exported_spectrum(exhibit: Exhibit) -> ExportedSpectrum:
    """All curves over the axis as the instrument sampled it."""
    spectrum = exhibit.spectrum
    curves: dict[str, Floats] = {MEASURED: spectrum.intensity}
    if spectrum.variance is not None:
        curves["variance"] = spectrum.variance
    if spectrum.dark_counts is not None:
        curves["dark_counts"] = spectrum.dark_counts
    if spectrum.saturated is not None:
        curves["saturated"] = spectrum.saturated.astype(np.float64)
    title = title_of(exhibit)
    if _misleads(title):
        title = f"record {exhibit.record.record_id}"
    facts = {
        name: LEFT_OUT if _misleads(f"{name}: {value}") else value
        for name, value in facts_of(exhibit).items()
    }
    return ExportedSpectrum(title, spectrum.wavenumber_cm1, curves, facts)


def _misleads(line: str) -> bool:
    """Whether a reader would take it for a statement about the axis or the kind of spectrum.

    A sample may be called `wavelength standard (nm)`; in these formats its name stands among the
    lines that say what the numbers are.
    """
    found = header_facts.facts_of("", [line])
    says = found.axis or found.wavelength_line or found.infrared_line or found.absorbance_line
    return bool(says) or len(found.figures_in_nm) > 1  # which may be the ends of the axis


def title_of(exhibit: Exhibit) -> str:
    """The sample as people named it, else the record."""
    sample = exhibit.record.about.sample
    return sample or f"record {exhibit.record.record_id}"
