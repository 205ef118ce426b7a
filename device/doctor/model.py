"""What answers on this machine: interpreter, compiled kernel, and the model with its proof.

Next: `trust.py`, who may sign it.
"""

import os
from collections.abc import Iterator

from device.answer.answer import signers_of
from device.answer.proof import prove
from device.doctor.finding import Finding, fault, ok, warning
from device.inference.errors import RuntimeMissing
from device.inference.interpreter import runtime_here
from device.inference.model_source import load_default
from device.native import library


def runtime() -> Iterator[Finding]:
    """The library that runs the network."""
    name, version = runtime_here()
    yield ok("runtime", f"{name} {version} runs the network.")


def kernel() -> Iterator[Finding]:
    """The compiled part; numpy answers the same without it."""
    check = "kernel"
    if library.backend() == "native":
        yield ok(check, "The compiled kernel is used.")
    elif os.environ.get(library.VARIABLE) == library.NONE:
        yield warning(
            check,
            f"{library.VARIABLE}={library.NONE} keeps the compiled kernel out: answers are slower.",
            f"Unset {library.VARIABLE}.",
        )
    else:
        yield warning(
            check,
            "There is no compiled kernel for this machine: numpy computes, and is slower.",
            "Install the wheel of this processor, or a C compiler before installing.",
        )


def model() -> Iterator[Finding]:
    """The model that answers when no other is named: there, signed, and proven here."""
    bundle = load_default()
    manifest = bundle.manifest
    name = f"{manifest.name} {manifest.version}"
    signed_by = ", ".join(signer.key_id for signer in signers_of(bundle))
    if bundle.demo_signed:
        yield warning(
            "signature",
            f"{name} is signed with the public demo key, which anybody can use.",
            "Install a publisher's bundle as /etc/ramix/model.ramix and its trust.json with "
            "`ramix trust install`.",
        )
    else:
        yield ok("signature", f"{name} is signed by {signed_by}.")
    try:
        proven = prove(bundle).interpreter.runtime_name
    except RuntimeMissing as error:
        yield fault("model", f"{name} cannot be tried: there is no interpreter.", error.remedy)
        return
    vectors, spectra = len(manifest.golden.decisions), len(manifest.golden_verdicts)
    yield ok(
        "model",
        f"{name}: {vectors} golden vectors and {spectra} golden spectra hold with {proven}.",
    )
