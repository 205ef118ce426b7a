"""`python -m evidence.decision_page`: writes docs/how-it-decides.md and its two pictures.

Formulas, the numbers of every shipped model and all constants of fit and verdict stand on one page;
a test compares it with the bundles and the code. Next: `device/verdict/scores.py`, the formulas.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np

from device.answer.decision_identity import DECIDING, constants_of
from device.inference.bundle import Bundle, read_bundle_file
from device.inference.decision_numbers import NAMES
from device.inference.trust import default_trust_policy
from device.installation import default_model_path, shipped_models_dir
from device.verdict.scores import compound_terms, foreign_terms, total
from train.decision.examples import Example, ExampleMaker
from train.pages.drawing import COLOURS, GREY, canvas, save

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-it-decides.md"
TEXT = ROOT / "evidence" / "decision_page.md"
_SCENES, _SEED = 1500, 7850
_FOLDERS = ("device.fit", "device.verdict")


def bundles() -> dict[str, Bundle]:
    """Every shipped one by its name, those of the default model's library first."""
    trust, first = default_trust_policy(), _family(default_model_path())
    shipped = sorted(
        shipped_models_dir().glob("*.ramix"), key=lambda path: (_family(path) != first, path.stem)
    )
    return {path.stem: read_bundle_file(path, trust) for path in shipped}


def _family(path: Path) -> str:
    return path.stem.partition("-")[0]


def page(known: dict[str, Bundle]) -> str:
    """The text with tables in the places of `{numbers}`, `{rates}` and `{constants}`."""
    text = TEXT.read_text(encoding="utf-8")
    first = next(iter(known.values())).manifest.decision
    rates = [f"| {name.replace('_', ' ')} | {rate:.0%} |" for name, rate in first.rates.items()]
    return (
        text.replace("{numbers}", "\n".join(_numbers(known)))
        .replace("{rates}", "\n".join(["| error | at most |", "| --- | --- |", *rates]))
        .replace("{constants}", "\n".join(_constants()))
        .replace("{count}", str(len(all_constants())))
    )


def all_constants() -> list[tuple[str, str, object]]:
    """(module, name, value) of every constant of fit and verdict, where it is defined."""
    found = []
    for module in DECIDING:
        if not module.__name__.startswith(_FOLDERS):
            continue
        source = inspect.getsource(module)
        for name, value in constants_of(module).items():
            if re.search(rf"^(?:\w+, )*{name}(?:, \w+)*(?:: [^=]+)? = ", source, re.MULTILINE):
                found.append((module.__name__.removeprefix("device."), name, value))
    return found


def _numbers(known: dict[str, Bundle]) -> Iterator[str]:
    yield "| number | " + " | ".join(known) + " |"
    yield "| --- |" + " --- |" * len(known)
    for name in NAMES:
        cells = []
        for bundle in known.values():
            decision = bundle.manifest.decision
            value, error = getattr(decision.numbers, name), decision.standard_errors[name]
            cells.append(f"{value:.2f} ± {error:.2f}")
        yield f"| `{name}` | " + " | ".join(cells) + " |"


def _constants() -> Iterator[str]:
    yield "| where | constant | value |"
    yield "| --- | --- | --- |"
    for module, name, value in all_constants():
        shown = ", ".join(map(_short, value)) if isinstance(value, tuple) else _short(value)
        yield f"| `{module}` | `{name}` | {shown} |"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def draw(bundle: Bundle) -> tuple[Path, Path]:
    """Both pictures, from scenes that fitted nothing."""
    maker = ExampleMaker(bundle, _SEED)
    examples = list(maker.examples(9, _SCENES, lambda: None))
    return _names(bundle, examples), _foreign(bundle, examples)


def _names(bundle: Bundle, examples: Sequence[Example]) -> Path:
    numbers = bundle.manifest.decision.numbers
    there, absent = [], []
    for one in examples:
        score = total(compound_terms(one.fit, one.presence, numbers))
        found = one.fit.evidence > 0
        there += score[found & one.present].tolist()
        absent += score[found & ~one.present].tolist()
    figure = canvas()
    axes = figure.subplots()
    bins = np.linspace(-10.0, 10.0, 61)
    axes.hist(np.clip(absent, -10, 10), bins, color=COLOURS[1], alpha=0.7, label="not there")
    axes.hist(np.clip(there, -10, 10), bins, color=COLOURS[0], alpha=0.7, label="there")
    axes.axvline(numbers.named_from, color=GREY, linestyle=":", label="named from here on")
    axes.set_xlabel("log odds of a compound")
    axes.set_ylabel("compounds that the fit found something of")
    axes.legend()
    return save(figure, PAGE.parent / "decision-names.png")


def _foreign(bundle: Bundle, examples: Sequence[Example]) -> Path:
    numbers = bundle.manifest.decision.numbers
    share, odds = [], []
    for one in examples:
        score = total(compound_terms(one.fit, one.presence, numbers))
        asserted = (score > numbers.named_from) & (one.fit.evidence > 0)
        if asserted.any():
            share.append(one.foreign)
            odds.append(sum(foreign_terms(one.refit(asserted), numbers).values()))
    part, height = np.array(share), np.array(odds)
    nothing = part == 0
    spread = np.random.default_rng(_SEED).uniform(0.008, 0.02, int(nothing.sum()))
    figure = canvas()
    axes = figure.subplots()
    axes.scatter(spread, height[nothing], s=6, color=COLOURS[0], alpha=0.5, label="nothing foreign")
    axes.scatter(
        part[~nothing], height[~nothing], s=6, color=COLOURS[1], alpha=0.5, label="foreign"
    )
    axes.axhline(0.0, color=GREY, linestyle=":")
    axes.set_xscale("log")
    axes.set_xlabel("part of the signal that is foreign (left: none)")
    axes.set_ylabel("log odds that something foreign is there")
    axes.legend()
    return save(figure, PAGE.parent / "decision-foreign.png")


def main() -> None:
    known = bundles()
    PAGE.write_text(page(known), encoding="utf-8")
    for picture in draw(known[default_model_path().stem]):
        click.echo(picture)
    click.echo(PAGE)


if __name__ == "__main__":
    main()
