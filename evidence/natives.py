"""The native files behind a bundle's references, as far as they are at hand.

A file counts only if its bytes are those that the bundle names by SHA-256: another measurement of
the same liquid would be another truth. Next: `pures.py`, which makes scenes' pures of them.
"""

from collections.abc import Mapping
from pathlib import Path

from device.inference.manifest import Manifest
from device.spectra.spectrum import Spectrum
from train.library.check import read_folder
from train.library.file import library_path, read_library_file
from train.recipe import RecipeError


def native_spectra(manifest: Manifest, library: Path | None = None) -> dict[str, Spectrum]:
    """By compound, the spectrum that its reference was made from.

    Args:
        library: the library's TOML file. None: the shipped one that the bundle names, if any.

    Raises:
        RecipeError: the library file or its folder cannot be read, or `library` is not that of
            the bundle.
    """
    sources = manifest.provenance.get("source_sha256")
    path = library or _shipped_library(manifest)
    if path is None or not isinstance(sources, Mapping):
        return {}
    file = read_library_file(path)
    measured, _, _ = read_folder(file.compound, path.parent / file.folder, file.grid)
    own = {name: one.spectrum for name, one in measured.items() if sources.get(name) == one.sha256}
    if library is not None and not own:
        raise RecipeError(f"{library}: none of its spectra has a SHA-256 that the bundle names")
    return own


def _shipped_library(manifest: Manifest) -> Path | None:
    recipe = manifest.provenance.get("recipe")
    name = recipe.get("library") if isinstance(recipe, Mapping) else None
    path = None if name is None else library_path(str(name))
    return path if path is not None and path.exists() else None
