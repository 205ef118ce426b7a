"""A loaded model, ready to answer: Spectrum in, Answer out.

The order of the work is the order of the lines in `Identifier.identify` and `Identifier._cleaned`.
Next: `../verdict/identification.py` for how network and fit are weighed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import numpy as np

from device.answer.answer import Answer, DecisionLabel, FieldLabel, ModelLabel, signers_of
from device.answer.asked import Asked
from device.answer.decision_identity import DECISION_VERSION, decision_sha256
from device.answer.detection_limits import DetectionLimit, detection_limits
from device.answer.field_reference import FieldReference, reference_beside
from device.answer.remarks import remarks_on
from device.answer.through_containers import ContainerFound, measured_through, through, unfitted
from device.field_library.compound import FieldCompound
from device.fit.library import Library, LibraryFit
from device.inference.bundle import Bundle
from device.inference.interpreter import Interpreter, Prediction
from device.native.library import backend
from device.spectra.container import Container, container_of
from device.spectra.cosmic_rays import without_cosmic_rays
from device.spectra.daylight import with_daylight
from device.spectra.lamp_light import with_lamps
from device.spectra.preprocessing import model_input
from device.spectra.quality import DARK, check, only_cosmic_rays
from device.spectra.reason import Reason
from device.spectra.response import said_corrected, weighed
from device.spectra.spectrum import GridSpectrum, Spectrum, to_grid
from device.spectra.stray_light import with_dark_frame, without_nuisances
from device.verdict.identification import Verdict, identify, no_result
from device.version import VERSION

__all__ = ["Answer", "Identifier", "ModelLabel"]


class Identifier:
    """One model with its interpreter and its library, built once and used many times.

    Args:
        bundle: verified by `device.inference.bundle.read_bundle`.
        runtime: "auto" (LiteRT where installed), "litert" or "tflite".
        field_compounds: fitted beside the model's own; the network has no output for them. One
            that the model has by itself is left out, with a sentence in `notices`.

    Raises:
        BundleError: the model cannot run on this machine.
    """

    def __init__(
        self,
        bundle: Bundle,
        runtime: str = "auto",
        field_compounds: Sequence[FieldCompound] = (),
    ) -> None:
        manifest = bundle.manifest
        self.bundle = bundle
        self.asked = Asked()  # beside the verdict, of every spectrum; set it before `identify`
        self.interpreter = Interpreter.for_bundle(bundle, runtime)
        self._runtime = f"{self.interpreter.runtime_name} {self.interpreter.runtime_version}"
        beside = [reference_beside(entry, bundle) for entry in field_compounds]
        used = [one for one in beside if isinstance(one, FieldReference)]
        self.notices = tuple(one for one in beside if isinstance(one, str))
        self.field_compounds = tuple(one.entry for one in used)
        # the network's C compounds come first
        self.compounds = (*manifest.compounds, *(entry.compound for entry in self.field_compounds))
        extra = [one.reference[None] for one in used]
        self.library = Library(np.concatenate([bundle.references, *extra]))
        self.field_labels = tuple(
            FieldLabel(entry.name, entry.sha256) for entry in self.field_compounds
        )
        self.numbers = manifest.decision.numbers
        self.presence_thresholds = np.array(manifest.presence_thresholds, dtype=np.float64)
        self.label = ModelLabel(
            manifest.name, manifest.version, bundle.sha256, manifest.task, signers_of(bundle)
        )

    @cached_property
    def decision(self) -> DecisionLabel:
        """What decides here, worked out at the first answer."""
        return DecisionLabel(
            software=VERSION,
            version=DECISION_VERSION,
            sha256=decision_sha256(self.numbers),
            runtime=self._runtime,
            fit_backend=backend(),
        )

    def predict(self, gridded: GridSpectrum) -> Prediction:
        """The network alone: presence, and dosage where it has that output."""
        return self.interpreter.predict(model_input(gridded.intensity, gridded.valid))

    def container(self, blank: Spectrum, sha256: str = "") -> Container:
        """An empty container's measurement, ready for `identify`; `sha256` of its file.

        Raises:
            UnusableBlank: it cannot stand for a container; says why, and what to do.
        """
        made = container_of(blank, self.bundle.manifest.grid, self.library.line_parts, sha256)
        found = self.identify(blank).identification
        names = tuple(one.name for one in found.components)
        return replace(made, holds=names, is_sample=found.verdict is Verdict.IDENTIFIED)

    def identify(self, spectrum: Spectrum, containers: Sequence[Container] = ()) -> Answer:
        """Quality gate, cosmic rays out, network, library fit, verdict; of a sample that was
        measured through `containers`, made by `container`."""
        start = perf_counter()
        warned = tuple(one.warning for one in containers if one.warning is not None)
        warned += remarks_on(spectrum.flags)
        clean = self._cleaned(spectrum, containers)
        if clean.forbidding:
            reasons = [*clean.forbidding, *([] if clean.fault is None else [clean.fault])]
            elapsed = 1e3 * (perf_counter() - start)
            timings = {"preprocess": elapsed, "total": elapsed}
            return Answer(
                no_result([*reasons, *warned]),
                timings,
                self.label,
                self.decision,
                spectrum,
                clean.gridded,
                field_compounds=self.field_labels,
                compounds=self.compounds,
                containers=clean.containers,
                asked=self.asked,
            )
        prepared = model_input(clean.seen.intensity, clean.seen.valid)
        preprocessed = perf_counter()
        prediction = self.interpreter.predict(prepared)
        predicted = perf_counter()
        identification = identify(
            clean.gridded,
            prediction,
            self.library,
            self.compounds,
            self.numbers,
            1 if spectrum.raw is None else spectrum.raw.frames,
            clean.fit,
            clean.fault,
        )
        identification = replace(identification, reasons=(*identification.reasons, *warned))
        end = perf_counter()
        timings = {
            "preprocess": 1e3 * (preprocessed - start),
            "invoke": 1e3 * (predicted - preprocessed),
            "fit": 1e3 * (end - predicted),
            "total": 1e3 * (end - start),
        }
        return Answer(
            identification,
            timings,
            self.label,
            self.decision,
            spectrum,
            clean.gridded,
            prediction,
            self.field_labels,
            self.compounds,
            clean.containers,
            asked=self.asked,
        )

    def _cleaned(self, spectrum: Spectrum, containers: Sequence[Container]) -> "_Cleaned":
        """Past the quality gate, without cosmic rays; light that is not the sample's is fitted."""
        gridded = measured_through(to_grid(spectrum, self.bundle.manifest.grid), containers)
        forbidding, fault = self._gate(spectrum, gridded)
        if not forbidding:
            measured, gridded = gridded, without_cosmic_rays(gridded, spectrum)
            if gridded is not measured and self._gate(spectrum, gridded)[0]:
                forbidding = (only_cosmic_rays(),)
        if forbidding:
            return _Cleaned(gridded, gridded, unfitted(containers), forbidding, fault)
        gridded = with_lamps(with_dark_frame(gridded, spectrum), spectrum)
        gridded = with_daylight(gridded, spectrum)
        as_taken = weighed if said_corrected(spectrum) else self.library.as_taken
        behind = through(self.library, gridded, containers, as_taken)
        gridded = seen = behind.spectrum
        fit = behind.fit
        if fit is None and gridded.nuisances:
            fit = self.library.fit(gridded)
        if fit is not None and fit.nuisance_parts.any():
            seen = without_nuisances(gridded, fit.nuisance_parts)
            forbidding = self._gate(spectrum, seen)[0]
        return _Cleaned(gridded, seen, behind.found, forbidding, fault, fit)

    def _gate(
        self, spectrum: Spectrum, gridded: GridSpectrum
    ) -> tuple[tuple[Reason, ...], Reason | None]:
        """What forbids an answer, and what is told beside one: a dark frame too bright."""
        found = check(spectrum, gridded, self.library.line_parts)
        dark = [reason for reason in found if reason.code == DARK]
        return tuple(reason for reason in found if reason.code != DARK), dark[0] if dark else None

    def limits(self, answer: Answer) -> tuple[DetectionLimit, ...]:
        """Compounds not named, and the share from which 95% of amounts are detected; None of all
        where nothing is named. One of two that cannot be told apart is not among them."""
        found = answer.identification
        shares = found.limiting_shares
        if shares is None:
            shares = np.full(len(self.compounds), np.inf)
        named = {component.name for component in found.components}
        named |= {name for reason in found.reasons for name in reason.names}
        present = np.array([compound.name in named for compound in self.compounds])
        return detection_limits(shares, present, self.compounds)


@dataclass(frozen=True, eq=False)
class _Cleaned:
    """A measurement as the library fit and the network take it.

    gridded: what the fit takes, with what it has to fit beside the library; `fit` is made already
    where that was needed. seen: the same without what that fit found of it, for the network.
    forbidding: why there must be no answer. fault: told beside one.
    """

    gridded: GridSpectrum
    seen: GridSpectrum
    containers: tuple[ContainerFound, ...]
    forbidding: tuple[Reason, ...]
    fault: Reason | None
    fit: LibraryFit | None = None
