"""The bundles under test: networks of one library, their references, pures and measured spectra.

Everything that a figure says follows from these files; no figure knows a library by name.
Next: `figure.py`, the context that hands them to a figure.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle, read_bundle_file
from device.inference.manifest import Manifest
from device.inference.trust import default_trust_policy
from evidence.natives import native_spectra
from evidence.pures import FIRST_CM1, LAST_CM1, Pures, pures_of, references_of
from firmware_bridge.errors import CallerError
from train.bundle.card_quotes import network_label
from train.library.measured import NOT_IN_LIBRARY, MeasuredSpectrum, measured_spectra


class FiguresNeedModels(CallerError):
    """The bundles that a figure measures are not there."""

    code = "figures_need_models"
    default_remedy = "Build them (make models), or name their folder with --models."


class OtherRange(CallerError):
    """Scenes are drawn on one range, and this bundle sees another."""

    code = "other_range"
    default_remedy = "Measure mixtures that you know, and look with `ramix identify --file`."


class BundlesDiffer(CallerError):
    """Bundles that cannot stand in one table."""

    code = "bundles_differ"
    default_remedy = "Measure them one at a time, each into a folder of its own (--out)."


@dataclass(frozen=True)
class UnderTest:
    """One or several bundles of one library, read when they are first asked for.

    Args:
        paths: of the bundles.
        library: TOML file of their library; None: a shipped one, if they name one.
    """

    paths: tuple[Path, ...]
    library: Path | None = None

    @cached_property
    def identifiers(self) -> dict[str, Identifier]:
        """By label: "I" and "II", with the bundle's name behind where several are of a kind.

        Raises:
            FiguresNeedModels: there is no bundle.
            BundlesDiffer: names twice, other compounds or other references.
            OtherRange: a bundle is for another range than the scenes.
        """
        missing = [path for path in self.paths if not path.exists()]
        if missing or not self.paths:
            raise FiguresNeedModels(f"There is no {' or '.join(map(str, missing)) or 'bundle'}.")
        bundles = [read_bundle_file(path, default_trust_policy()) for path in self.paths]
        for bundle in bundles:
            _check_range(bundle.manifest)
        _check_alike(bundles)
        kinds = [network_label(bundle.manifest.task) for bundle in bundles]
        several = Counter(kinds)
        labelled = {
            kind if several[kind] == 1 else f"{kind} ({bundle.manifest.name})": bundle
            for kind, bundle in zip(kinds, bundles, strict=True)
        }
        return {label: Identifier(labelled[label]) for label in sorted(labelled)}

    @property
    def bundle(self) -> Bundle:
        """The first one: references and compounds are those of all."""
        return next(iter(self.identifiers.values())).bundle

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest

    @cached_property
    def pures(self) -> Pures:
        """What scenes are mixed from: apart from the references where native files are at hand."""
        return pures_of(self.bundle, native_spectra(self.manifest, self.library))

    @property
    def references(self) -> Pures:
        """What the fit knows."""
        manifest = self.manifest
        return references_of(
            manifest.compound_names, self.bundle.references, manifest.resolution_cm1
        )

    @cached_property
    def development(self) -> tuple[MeasuredSpectrum, ...]:
        """Measured spectra, but for mixtures that hold something which the library has not."""
        return tuple(
            one
            for one in measured_spectra(self.manifest)
            if one.group == NOT_IN_LIBRARY or not one.others
        )


def _check_range(manifest: Manifest) -> None:
    grid = manifest.grid
    if (grid.first_cm1, grid.last_cm1) != (FIRST_CM1, LAST_CM1):
        raise OtherRange(
            f"{manifest.name} is for {grid.first_cm1:g} to {grid.last_cm1:g} cm-1, figures are of "
            f"spectra over {FIRST_CM1:g} to {LAST_CM1:g} cm-1."
        )


def _check_alike(bundles: list[Bundle]) -> None:
    first, *more = bundles
    if len({bundle.manifest.name for bundle in bundles}) < len(bundles):
        raise BundlesDiffer("Two of the bundles have the same name: tables could not tell them.")
    for other in more:
        pair = f"{first.manifest.name} and {other.manifest.name}"
        if other.manifest.compound_names != first.manifest.compound_names:
            raise BundlesDiffer(f"{pair} do not have the same compounds in the same order.")
        if not np.array_equal(other.references, first.references):
            raise BundlesDiffer(f"{pair} do not have the same references.")
