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
from device.safety.protection import protection
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
