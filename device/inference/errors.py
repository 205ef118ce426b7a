"""Why a model must not be used.

The tree::

    RamixError
    |-- BundleError                the bundle is damaged, incomplete or contradicts itself
    |   |-- ModelNotFound          no file there, or not readable
    |   |-- SignatureError         not signed by those who may sign
    |   |   `-- TrustError         who may sign is not known: refuse, never start fresh
    |   |-- ProductMismatch        made for another product, hardware or software
    |   |-- VersionTooOld          older than what the analyzer already confirmed
    |   |-- ModelUnusable          the network does not load or is not what the manifest says
    |   |-- ModelFaulty            running it ends in an error that no check foresaw
    |   `-- GoldenMismatch         it answers its golden vectors or spectra differently here
    |-- RuntimeMissing             no LiteRT and no tflite-runtime on this machine
    `-- VerificationFailed         a flashed bundle failed its check and was rolled back

Next: `trust.py`, who may sign.
"""

from firmware_bridge.errors import RamixError


class BundleError(RamixError):
    """The bundle is damaged, incomplete or contradicts itself."""

    code = "bundle_invalid"
    default_remedy = "Fetch the model bundle again from its publisher."


class ModelNotFound(BundleError, FileNotFoundError):
    """There is no readable bundle at this path."""

    code = "model_not_found"
    default_remedy = "Check the path of the model bundle and its permissions."


class SignatureError(BundleError):
    """The bundle is not signed by enough of the keys this machine trusts."""

    code = "signature_invalid"
    default_remedy = "Use a bundle signed for this machine, or install the publisher's trust.json."


class TrustError(SignatureError):
    """The file that says who may sign is missing or damaged; nothing is trusted then."""

    code = "trust_invalid"
    default_remedy = "Restore trust.json from the publisher of the models."


class ProductMismatch(BundleError):
    """The bundle is intact and made for something else."""

    code = "product_mismatch"
    default_remedy = "Choose the bundle made for this analyzer and this version of the software."


class VersionTooOld(BundleError):
    """The bundle's security counter is below the one the analyzer has confirmed."""

    code = "version_too_old"
    default_remedy = "Flash a bundle that is at least as new as the one on the analyzer."


class ModelUnusable(BundleError):
    """The network does not load, or its inputs, outputs or operators are not the manifest's."""

    code = "model_unusable"
    default_remedy = (
        "Try the other runtime with --runtime, or a newer one; else report the bundle to its "
        "publisher."
    )


class ModelFaulty(BundleError):
    """The model passed every check of its content, and running it ends in an error."""

    code = "model_faulty"
    default_remedy = "Use another model; report this one to its publisher."


class GoldenMismatch(BundleError):
    """The answers to the stored golden vectors or spectra differ by more than the tolerance."""

    code = "golden_mismatch"
    default_remedy = "Do not use this model on this machine; report it to its publisher."


class RuntimeMissing(RamixError):
    """No interpreter for the network is installed, or not one that can work here."""

    code = "runtime_missing"
    default_remedy = "Install one: pip install ai-edge-litert (on 32-bit ARM: tflite-runtime)."


class VerificationFailed(RamixError):
    """A bundle on trial failed its check; the analyzer is back on the model it had before."""

    code = "rolled_back"
    default_remedy = "Report the bundle to its publisher; the previous model is still in use."
