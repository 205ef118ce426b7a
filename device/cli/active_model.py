"""Which model an analyzer has in use and who signed it, as far as this computer knows it.

Next: `analyzer.py`, which shows it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firmware_bridge.messages import SlotInfo


def trust_and_model(slots: "Sequence[SlotInfo]") -> dict[str, Any]:
    """The entries `trust` and `active_model` of `ramix info`; a problem stands in their place.

    A model is not read back for this: it is known once it has answered here.
    """
    from device.inference.errors import BundleError
    from device.inference.trust_here import trust_here

    try:
        here = trust_here()
    except BundleError as error:
        return {"trust": {"problem": error.text}, "active_model": None}
    described: dict[str, Any] = {"trust": here.as_object(), "active_model": None}
    active = next((slot for slot in slots if slot.active), None)
    if active is None:
        return described
    from device.answer.answer import signers_of
    from device.answer.result import signers_json
    from device.inference.model_source import cached_bundle

    try:
        bundle = cached_bundle(active.sha256, here.policy)
    except BundleError as error:
        return described | {"active_model": {"problem": error.text}}
    if bundle is None:
        return described | {"active_model": {"sha256": active.sha256.hex(), "signed_by": None}}
    model = {
        "name": bundle.manifest.name,
        "version": bundle.manifest.version,
        "sha256": bundle.sha256,
        "signed_by": signers_json(signers_of(bundle)),
    }
    return described | {"active_model": model}
