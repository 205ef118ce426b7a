"""The card of a model in words: what, from what, how good, where not, how to rebuild.

Everything in it is read from the signed bundle, so that the two cannot contradict each other; what
the device path reached comes from figures made with the very same bytes (`card_evidence.py`). No
clock, no path and no host stands in it: the same bundle gives the same card.
Next: `cli/card.py`, the verb.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.inference.bundle import Bundle
from device.inference.manifest import Task
from train.bundle.card_evidence import Evidence
from train.bundle.card_markdown import mapping, table
from train.bundle.card_quotes import proportion_text
from train.bundle.reissue import issued_from
from train.recipe import RECIPE_FOLDER

THROUGH, MADE_BY = "## Through the analyzer", "Made by"
NOT_YET = (
    "Not measured yet for these bytes: `ramix-train evidence` with this bundle, then `ramix-train"
    " card` with the folder it wrote."
)


def model_card(
    bundle: Bundle, title: str, evidence: Evidence | None = None, choices: str = ""
) -> str:
    """Markdown to stand beside the bundle.

    Args:
        title: of the library, one sentence without a full stop.
        evidence: figures made with these bytes; None: nobody has measured them.
        choices: Markdown, how network and settings were chosen; may be empty.
    """
    parts = (
        _head(bundle, title),
        _compounds(bundle),
        _through_the_analyzer(bundle, evidence),
        _generated(bundle),
        _network(bundle, choices),
        _quantization(bundle),
        _limits(bundle),
    )
    return "\n".join(line for part in parts for line in part)


def choices_of(name: str, library: str, folder: Path = RECIPE_FOLDER) -> str:
    """How a model was chosen, from NAME.md or else LIBRARY.md beside the recipes, if there."""
    for path in (folder / f"{name}.md", folder / f"{library}.md"):
        if path.exists():
            return path.read_text(encoding="utf-8").strip()
    return ""


def library_of(bundle: Bundle) -> str:
    """The name of the library that the bundle was built from."""
    return str(_recipe(bundle)["library"])


def _head(bundle: Bundle, title: str) -> list[str]:
    manifest, provenance, recipe = bundle.manifest, bundle.manifest.provenance, _recipe(bundle)
    kind = {
        Task.PRESENCE_AND_DOSAGE: "RaMixNet II (presence and dosage)",
        Task.PRESENCE: "RaMixNet I (presence)",
    }[manifest.task]
    training = recipe["training"]
    return [
        f"# {manifest.name} {manifest.version}",
        "",
        f"{title}. {kind}, int8, {len(bundle.model) / 1024:.0f} KiB, for"
        f" {manifest.grid.first_cm1:g}-{manifest.grid.last_cm1:g} cm-1 at 785 nm.",
        "",
        f"- References: {provenance['references']}. Source: {provenance['source']}.",
        f"- Data licence: {manifest.data_license}.",
        f"- Response factors: {provenance.get('response_factors') or 'none'}.",
        f"- Bundle SHA-256: `{bundle.sha256}`, signed with {_signed(bundle)}",
        f"- Rebuild: `ramix-train build {_recipe_argument(bundle)} --out models`."
        f" Seed {recipe['seed']}; the same machine and packages give the same"
        f" {_same(bundle)}, others may differ in the last bits.",
        f"- Training: {'at most ' if training.get('patience') else ''}{training['steps']} steps of"
        f" {training['batch']} generated spectra ({_numbers_are_in(bundle)} has every number).",
        "",
    ]


def _compounds(bundle: Bundle) -> list[str]:
    found = mapping(_figures(bundle)["compounds"])
    rows = []
    for compound in bundle.manifest.compounds:
        one = mapping(found[compound.name])
        cells = (proportion_text(mapping(one[key])) for key in ("recall", "precision"))
        rows.append((compound.name, compound.cas, *cells))
    lines = ["## Compounds", "", "The network alone, on generated spectra (below).", ""]
    return lines + table(("Compound", "CAS", "Recall", "Precision"), rows)


def _through_the_analyzer(bundle: Bundle, evidence: Evidence | None) -> list[str]:
    lines = [THROUGH, ""]
    if evidence is None:
        return [*lines, NOT_YET, ""]
    lines += [
        "The whole device path: quality gate, this network, library fit, verdict. In brackets: 95%"
        " Wilson interval and n. SNR is the highest Raman peak over the noise per 1 cm-1, percent"
        " means share of unit-maximum references. Simulated spectra come from a generator that no"
        " training used; recipes and thresholds were chosen on the measured ones, which are no test"
        " result.",
        "",
    ]
    for caveat in evidence.caveats:
        lines += [caveat, ""]
    lines += table(("What", "Result", "Figure"), evidence.rows)
    return [*lines[:-1], "", f"{MADE_BY} {evidence.commands}.", ""]


def _generated(bundle: Bundle) -> list[str]:
    figures = _figures(bundle)
    exact = mapping(figures["exact"])
    rows = [
        ("Every compound right, all spectra", exact),
        (
            "The same, no foreign signal, every share 5% or more",
            figures["exact_without_traces"],
        ),
        ("Components below 5% that were found", figures["trace_recall"]),
    ]
    by_count, by_snr = figures["exact_by_components"], figures["exact_by_snr"]
    rows += [
        (f"{count} components", by_count[count]) for count in sorted(mapping(by_count), key=int)
    ]
    snr_is = "highest Raman peak / noise sd per 1 cm-1"
    by_lowest = sorted(mapping(by_snr), key=lambda name: float(name.split("-")[0]))
    rows += [(f"SNR {name} ({snr_is})", by_snr[name]) for name in by_lowest]
    rows.append(("Nothing named for a foreign signal alone", figures["foreign_alone_silent"]))
    cells = [(what, proportion_text(mapping(part))) for what, part in rows]
    if figures["dosage_error"] is not None:
        both = f"{figures['dosage_error']} / {figures['dosage_error_absent']}"
        cells.append(("Mean absolute dosage error, present / absent", both))
    return [
        "## Network alone, generated spectra",
        "",
        f"Generated spectra of another seed ({exact['n']}), int8 file, network alone, with a 95%"
        " Wilson interval. They show that the network learned its generator; they are not accuracy"
        " on real samples.",
        "",
        *table(("What", "Value"), cells),
    ]


def _network(bundle: Bundle, choices: str) -> list[str]:
    network = mapping(_recipe(bundle)["network"])
    rows = [
        (str(number), str(m), str(n), str(stride))
        for number, (m, n, stride) in enumerate(
            zip(network["filters"], network["sizes"], network["strides"], strict=True), start=1
        )
    ]
    return [
        "## Network",
        "",
        f"Convolutions of M filters of size N, then a dense layer of D = {network['dense']}; the"
        " paper prints none of these numbers.",
        "",
        *table(("Block", "M", "N", "Stride"), rows),
        *([choices, ""] if choices else []),
    ]


def _quantization(bundle: Bundle) -> list[str]:
    settings, recipe = mapping(_recipe(bundle).get("quantization", {})), _recipe(bundle)
    spectra = recipe["evaluation"]["calibration_spectra"]
    how = "after training, without touching the weights"
    if settings.get("kind") == "aware":
        how = "after the network learned on for a while, rounded as its int8 file is"
    price = mapping(mapping(bundle.manifest.figures)["quantization"])
    columns = list(dict.fromkeys(column for values in price.values() for column in values))
    rows = [(kind, *(str(values.get(c, "-")) for c in columns)) for kind, values in price.items()]
    return [
        "## Quantization",
        "",
        f"Full int8, one scale per output channel, {how}; calibrated on {spectra} generated"
        " spectra.",
        *(["What it costs, on one set of generated spectra:"] if rows else []),
        "",
        *(table(("", *columns), rows) if rows else []),
    ]


def _limits(bundle: Bundle) -> list[str]:
    provenance, recipe = bundle.manifest.provenance, _recipe(bundle)
    distortions, share = recipe["distortions"], recipe["mixtures"]["present_from"]
    lines = [
        "## Limits",
        "",
        f"- A compound counts as present from {share:.0%} of the signal (coefficients of references"
        " scaled to maximum 1), which is not a volume fraction.",
        "- Of the Raman-visible part alone: water, salts and metals barely show.",
    ]
    if provenance["references"] != "measured":
        lines.append(
            f"- {provenance['references']}: nothing here was checked on a measured spectrum."
        )
    return [
        *lines,
        "- A closed library: for a liquid outside it the presence of some compound may be high."
        " Presence is a proposal; a name also needs evidence of the library fit.",
        f"- Trained for line widths of {bundle.manifest.resolution_cm1:g} to"
        f" {distortions['largest_fwhm_cm1']:g} cm-1, axis errors up to"
        f" {distortions['shift_cm1']:g} cm-1, SNR {distortions['snr_lowest']:g} and more.",
        "",
    ]


def _recipe(bundle: Bundle) -> Mapping[str, Any]:
    return mapping(bundle.manifest.provenance["recipe"])


def _figures(bundle: Bundle) -> Mapping[str, Any]:
    return mapping(bundle.manifest.figures["generated"])


def _same(bundle: Bundle) -> str:
    """What a rebuild repeats: a bundle issued again also says of which one it was made."""
    of = issued_from(bundle.manifest.provenance)
    if of is None:
        return "bytes"
    return f"network and references (this file is {of['version']} issued again)"


def _signed(bundle: Bundle) -> str:
    if bundle.demo_signed:
        return "the published demo key: it shows how signing works and protects nothing."
    return f"the key `{'`, `'.join(bundle.signed_by)}`."


def _own(bundle: Bundle) -> bool:
    """Built from a library file of somebody's own, without a recipe of ours."""
    return not (RECIPE_FOLDER / f"{bundle.manifest.name}.toml").exists()


def _recipe_argument(bundle: Bundle) -> str:
    """What `ramix-train` was asked to build."""
    return f"{_recipe(bundle)['library']}.toml" if _own(bundle) else bundle.manifest.name


def _numbers_are_in(bundle: Bundle) -> str:
    return "the manifest" if _own(bundle) else "train/recipes"
