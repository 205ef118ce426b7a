"""Labels that a bundle gets when it is issued again: what a library file says of its compounds.

Next: `reissue.py`, which puts them into the manifest.
"""

from collections.abc import Sequence
from typing import Any

from device.inference.errors import BundleError
from train.library.file import CompoundEntry


def put_labels(compounds: Sequence[dict[str, Any]], entries: Sequence[CompoundEntry]) -> None:
    """Synonyms, hazard and chemical class of each compound of a manifest, as JSON, by its name.

    Raises:
        BundleError: the library file lacks one of the compounds.
    """
    by_name = {entry.name: entry for entry in entries}
    missing = [str(one["name"]) for one in compounds if one["name"] not in by_name]
    if missing:
        raise BundleError(
            f"The library file has no {', '.join(missing)}.",
            remedy="Name the library file that the bundle was made from.",
        )
    for one in compounds:
        entry = by_name[one["name"]]
        one["synonyms"], one["hazard"] = list(entry.synonyms), entry.hazard
        one.pop("class", None)
        if entry.chemical_class:
            one["class"] = entry.chemical_class
