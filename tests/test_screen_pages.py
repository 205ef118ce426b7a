"""The page's files: every text in both catalogues and nowhere else, nothing from another place."""

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.answer import material
from device.cli import serve
from device.safety.facts import facts
from device.safety.protection import _RULES, protection
from device.screen.languages import LANGUAGES, language_for
from device.screen.phases import Command, Phase
from device.screen.routes import PAGES

SCRIPTS = sorted(PAGES.glob("*.js"))
HTML = sorted(PAGES.glob("*.html"))
WORDS = {
    name: json.loads((PAGES / "words" / f"{name}.json").read_text(encoding="utf-8"))
    for name in LANGUAGES
}
NOT_WORDS = {"ramix"}  # the program's name


def texts_in_html(text: str) -> list[str]:
    """What a reader would see or hear that no catalogue has."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            if data.strip() and data.strip() not in NOT_WORDS:
                found.append(data.strip())

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            spoken = ("alt", "title", "placeholder", "aria-label", "value")
            found.extend(value for name, value in attrs if name in spoken and value)

    Reader().feed(text)
    return found


def texts_in_script(text: str) -> list[str]:
    """String literals with words as people write them: a capital, or a blank between words."""
    text = re.sub(r"^\s*//.*$|\s//\s.*$", "", text, flags=re.M)
    literals = re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)
    literals += [re.sub(r"\$\{[^}]*\}", "", one) for one in re.findall(r"`([^`]*)`", text)]
    sentence = re.compile(r"[A-Za-z]{2,}[.,:!?]?\s+[a-z]{2,}|^[A-Z][a-z]{3,}\b")
    known = re.compile(
        r"^[a-z0-9-]+( [a-z0-9-]+)*$|sans-serif|^\.|^M\d|^#|^Escape$|\.(js|json|svg)$"
    )
    return [one for one in literals if sentence.search(one) and not known.search(one)]


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_no_page_holds_text(page: Path) -> None:
    assert texts_in_html(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_holds_text(script: Path) -> None:
    assert texts_in_script(script.read_text(encoding="utf-8")) == []


def test_planted_text_is_found() -> None:
    assert texts_in_html("<p>Laser on</p><img alt='A picture'>") == ["Laser on", "A picture"]
    assert texts_in_script('place.append("The laser is on.", "Stop");') != []
    assert texts_in_script('el("div", { class: "calm ready" })') == []


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    english, german = WORDS["en"], WORDS["de"]
    assert english.keys() == german.keys()
    for key in english:
        assert english[key].strip() and german[key].strip(), key
        places = [sorted(re.findall(r"\{(\w+)\}", words[key])) for words in (english, german)]
        assert places[0] == places[1], key
    same = [key for key in english if english[key] == german[key] and " " in english[key]]
    assert {key for key in same if "{" not in english[key]} <= {"less_than_one", "over_99"}


def test_every_key_that_a_page_asks_for_is_there() -> None:
    keys = set(WORDS["en"])
    for path in [*SCRIPTS, *HTML]:
        text = path.read_text(encoding="utf-8")
        asked = set(re.findall(r'\bt\("([\w.]+)"[,)]', text))
        asked |= set(re.findall(r'data-word(?:-label)?="([\w.]+)"', text))
        asked |= set(re.findall(r'\b(?:button|field)\("(?:[\w-]+", ")?([\w.]+)",', text)) - {
            "sample", "note", "search", "watch", "operator", "pin",
        }  # fmt: skip
        assert asked <= keys, path.name


def test_every_state_level_and_statement_has_words() -> None:
    keys = set(WORDS["en"])
    assert {f"phase.{phase}" for phase in Phase} <= keys
    assert {f"h.{code}" for code in facts().statements} <= keys
    one_of_all = protection(list(facts().statements))
    assert {f"said.{text}" for text in one_of_all} <= keys
    assert {f"said.{one.text}" for one in facts().reactions} <= keys
    for code in facts().statements:
        assert WORDS["en"][f"h.{code}"] == facts().statements[code].text
    pictograms = {one.pictogram for one in facts().statements.values() if one.pictogram}
    assert {f"ghs.{name}" for name in pictograms} <= keys
    assert all((PAGES / "icons" / f"{name}.svg").exists() for name in pictograms)


def reasons_of_a_material() -> list[str]:
    """Every sentence that `answer/material.py` gives as a reason, with `x` for its values."""
    sentences = []
    for node in ast.walk(ast.parse(Path(material.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            text = node.value.elts[1]
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            told = [str(one.value) if isinstance(one, ast.Constant) else "x" for one in parts]
            sentences.append("".join(told))
    return sentences


def test_every_reason_of_a_material_is_said_in_both_languages() -> None:
    script = (PAGES / "verify.js").read_text(encoding="utf-8")
    known = re.findall(r"^  \[/(\^.*\$)/, \"([\w.]+)\"\],$", script, flags=re.M)
    sentences = reasons_of_a_material()
    assert len(sentences) >= 6
    for sentence in sentences:
        assert [key for pattern, key in known if re.search(pattern, sentence)], sentence
    assert {key for _, key in known} <= set(WORDS["en"])


def test_nothing_comes_from_another_place() -> None:
    for path in [*SCRIPTS, *HTML, *PAGES.glob("*.css"), *PAGES.glob("icons/*.svg")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.[a-z]|url\(|@import", text), path.name


def test_no_page_needs_what_its_policy_forbids() -> None:
    for path in HTML:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text), path.name
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|document\.write|eval\(|new Function", text)


def test_the_borrowed_library_is_whole_and_has_its_licence() -> None:
    notice = (PAGES.parents[2] / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    assert "uPlot" in notice and "axe-core" in notice
    assert (PAGES / "vendor" / "uPlot-LICENSE").read_text().startswith("The MIT License")
    assert len((PAGES / "vendor" / "uPlot.esm.js").read_text(encoding="utf-8")) > 100_000


def test_the_command_offers_the_languages_that_there_are() -> None:
    assert tuple(serve.LANGUAGES) == LANGUAGES
    assert {path.stem for path in (PAGES / "words").glob("*.json")} == set(LANGUAGES)
    assert len(Command) == len(set(Command))


@pytest.mark.parametrize(
    ("wanted", "accepted", "spoken"),
    [
        (None, "", "en"), (None, "de-DE,de;q=0.9,en;q=0.8", "de"), ("en", "de", "en"),
        (None, "fr;q=1.0, de;q=0.4, en;q=0.3", "de"), ("xx", "de", "de"), (None, "fr", "en"),
        (None, "en;q=0.1, de;q=0.2", "de"),
    ],
)  # fmt: skip
def test_the_language_that_was_asked_for_is_spoken(
    wanted: str | None, accepted: str, spoken: str
) -> None:
    assert language_for(wanted, accepted) == spoken


@given(st.text(max_size=300))
def test_any_header_gives_a_language(accepted: str) -> None:
    assert language_for(None, accepted) in LANGUAGES


# ---- the sentences of the program ----

# Texts that are put together of parts, with the parts as they come out.
COMPOSED = (
    "The blank x.txt shows toluene by itself: as much of that as it shows is taken out of the "
    "sample.",
    "The blank x.txt is toluene and no empty container: it was not taken out of the sample.",
    "12% of the signal is toluene or ethanol: this spectrum cannot tell which.",
    "The spectrum covers 300 to 900 cm-1; an identification needs 250 to 1800 cm-1.",
    "17% of the signal is not from the named compounds; what fits none of the library is strongest "
    "near 1613 cm-1.",
)
REASONS = ("device/verdict", "device/spectra", "device/answer/remarks.py")
REFUSALS = ("device/screen", "device/records/photo.py", "device/records/about.py")
NOT_SHOWN = {"ScreenNotServed", "StrictJsonError", "HTTPException"}  # before there is a page
VALUE = "7 x"


def template(node: ast.expr | None) -> str | None:
    """A text as it is said, with a value in the place of what stands in braces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else VALUE for one in node.values]
        return "".join(map(str, parts))
    return None


def modules(places: tuple[str, ...]) -> list[Path]:
    root = PAGES.parents[2]
    found = [
        sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]
        for place in places
    ]
    return [path for paths in found for path in paths]


def told_by(path: Path, names: re.Pattern[str]) -> list[str]:
    """Every text that a call of such a name is given, and the remedies of the classes."""
    found: list[str | None] = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if names.fullmatch(name) and name not in NOT_SHOWN:
                first = 1 if name == "Reason" else 0
                given = [*node.args[first:], *(one.value for one in node.keywords)]
                found += [template(one) for one in given]
        is_shown = isinstance(node, ast.ClassDef) and node.name not in NOT_SHOWN
        if isinstance(node, ast.ClassDef) and is_shown and names.fullmatch(node.name):
            for one in ast.walk(node):
                if isinstance(one, ast.Assign) and "default_remedy" in ast.unparse(one.targets[0]):
                    found.append(template(one.value))
    return [one for one in found if one and " " in one]


def in_words(text: str, words: dict[str, str]) -> bool:
    """As `said` of words.js: whole, or sentence by sentence, each as it is or by its pattern."""
    patterns = [
        ".+?".join(map(re.escape, re.split(r"\{\d\}", key.removeprefix("said."))))
        for key in words
        if key.startswith("said.") and "{1}" in key
    ]

    def known(one: str) -> bool:
        return f"said.{one}" in words or any(re.fullmatch(each, one, re.S) for each in patterns)

    composed = text.replace(f"{VALUE} {VALUE}", VALUE)
    if composed != text or text.startswith(VALUE):  # of parts that stand before: its end is there
        end = composed.rpartition(VALUE)[2]
        return any(key.startswith("said.") and key.endswith(end) for key in words)
    return known(text) or all(known(one) for one in re.split(r"(?<=[.!])\s+(?=[A-Z`])", text))


@pytest.mark.parametrize(
    "path",
    modules(REASONS),
    ids=lambda path: path.stem,
)
def test_every_reason_on_a_card_is_said_in_both_languages(path: Path) -> None:
    reason = re.compile("Reason")
    assert [one for one in told_by(path, reason) if not said_or_part(one)] == []


@pytest.mark.parametrize("path", modules(REFUSALS), ids=lambda path: path.stem)
def test_every_refusal_of_the_screen_is_said_in_both_languages(path: Path) -> None:
    raised = re.compile(r"[A-Z]\w+(?:Error|Refused|Now|Armed|In|Pin|Unexpected)|Unexpected")
    unknown = [one for one in told_by(path, raised) if not said_or_part(one)]
    assert unknown == []


def said_or_part(text: str) -> bool:
    return in_words(text, WORDS["en"]) and in_words(text, WORDS["de"])


@pytest.mark.parametrize("text", COMPOSED)
def test_a_text_of_parts_is_said_in_both_languages(text: str) -> None:
    assert said_or_part(text)


def test_a_sentence_that_the_catalogue_lacks_is_found() -> None:
    assert not said_or_part("Nobody translated this.")
    assert said_or_part("The detector is saturated in 12 pixels, first at 1003 cm-1.")
    assert said_or_part(
        "Measured in the field and not network-validated: x. The library fit alone found it."
    )


def test_every_rule_of_protection_is_said_in_both_languages() -> None:
    """Not all at once: one rule says what another says already."""
    for starts, text, _ in _RULES:
        assert said_or_part(text), starts
