"""The design page and the contributors' page name what is there, and the design page all of it.

Each check is a function of a text and a tree, and is shown to fail on what is planted.
"""

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("firmware_bridge", "device", "train", "evidence", "notebook", "tools")
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "setup.cfg").read_text(encoding="utf-8")

_MADE_BY_COMMANDS = ("out/", ".venv/")
_SUFFIXES = (".py", ".md", ".toml", ".cfg", ".lock", ".in", ".txt", ".c")


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return str(found)


def package_folders(tree: Path) -> set[str]:
    return {
        f"{init.parent.relative_to(tree).as_posix()}/"
        for package in PACKAGES
        for init in (tree / package).rglob("__init__.py")
    }


def wrong_folders(text: str, tree: Path) -> list[str]:
    """Folders of packages that the page does not list, and listed ones that are none."""
    block = re.search(r"^```\n(.*?)^```$", section(text, "The tree"), re.M | re.S)
    assert block is not None
    listed = re.findall(r"^(\S+/) {2,}\S", block[1], re.M)
    assert len(listed) == len(block[1].splitlines()), "a line is no folder with a purpose"
    return sorted(package_folders(tree).symmetric_difference(listed)) + sorted(
        folder for folder in set(listed) if listed.count(folder) > 1
    )


def wrong_contracts(text: str, settings: str) -> list[str]:
    """Import contracts that the page does not name, and named ones that setup.cfg has not."""
    parser = configparser.ConfigParser()
    parser.read_string(settings)
    prefix = "importlinter:contract:"
    names = {parser[one]["name"] for one in parser.sections() if one.startswith(prefix)}
    assert names
    return sorted(names.symmetric_difference(re.findall(r"^- \*\*(.+?)\*\*", text, re.M)))


def code_in(text: str) -> Iterator[str]:
    """Every word between backticks or in a fenced block, and every link to a file."""
    fenced = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
    for block in fenced.findall(text):
        yield from (word for word in block.split() if "/" in word)
    prose = fenced.sub("", text)
    for span in re.findall(r"`([^`\n]+)`", prose):
        yield from span.split()


def paths_in(text: str) -> list[str]:
    """Words that can only be a file or a folder of the tree, some with a test's name behind."""
    path = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?(::\w+)?")
    named = []
    for word in code_in(text):
        if not path.fullmatch(word) or word.startswith(_MADE_BY_COMMANDS):
            continue
        file = word.partition("::")[0]
        if "/" in file or file.endswith(_SUFFIXES):
            named.append(word)
    return named


def missing_paths(text: str, tree: Path) -> list[str]:
    """Paths named in the text that the tree does not hold; with `::`, tests that the file has not.

    A star stands for anything, as in a shell.
    """
    missing = []
    for word in paths_in(text):
        file, _, test = word.partition("::")
        found = list(tree.glob(file.rstrip("/")))
        if not found or (test and f"def {test}(" not in found[0].read_text(encoding="utf-8")):
            missing.append(word)
    return missing


def wrong_links(text: str, folder: Path) -> list[str]:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    return [link for link in links if not (folder / link).exists()]


def undefined_names(text: str, tree: Path) -> list[str]:
    """Names of the data's way that their file does not define."""
    rows = re.findall(r"^\| `(\w+)` \| `([\w/]+\.py)` \|", text, re.M)
    assert rows
    return [
        name
        for name, file in rows
        if not re.search(rf"^class {name}\b", (tree / file).read_text(encoding="utf-8"), re.M)
    ]


def guards(text: str) -> list[tuple[list[str], list[str]]]:
    """Of each invariant the test files that guard it, and the tests that show it."""
    rows = re.findall(r"^\| \*\*.*$", section(text, "Invariants"), re.M)
    cells = [[cell.strip() for cell in row.split(" | ")] for row in rows]
    return [(paths_in(guarded), paths_in(shown)) for _, guarded, shown in cells]


def test_every_package_folder_is_in_the_design_and_no_other() -> None:
    assert not wrong_folders(DESIGN, ROOT)


def test_a_planted_folder_is_missed(tmp_path: Path) -> None:
    for folder in package_folders(ROOT):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").touch()
    assert not wrong_folders(DESIGN, tmp_path)
    (tmp_path / "device" / "attic").mkdir()
    assert not wrong_folders(DESIGN, tmp_path)  # no package
    (tmp_path / "device" / "attic" / "__init__.py").touch()
    assert wrong_folders(DESIGN, tmp_path) == ["device/attic/"]
    (tmp_path / "device" / "fit" / "__init__.py").unlink()
    assert wrong_folders(DESIGN, tmp_path) == ["device/attic/", "device/fit/"]


def test_every_import_contract_is_in_the_design_and_no_other() -> None:
    assert not wrong_contracts(section(DESIGN, "Imports"), SETTINGS)


def test_a_planted_contract_is_missed() -> None:
    planted = f"{SETTINGS}\n[importlinter:contract:planted]\nname = Nobody wrote this down\n"
    assert wrong_contracts(section(DESIGN, "Imports"), planted) == ["Nobody wrote this down"]


def test_every_invariant_has_guards_that_are_there() -> None:
    found = guards(DESIGN)
    assert len(found) > 10
    for guarded, shown in found:
        assert guarded and all(one.startswith("tests/test_") for one in guarded)
        assert len(shown) == 1 and "::" in shown[0], shown


def test_every_type_of_the_datas_way_is_defined_where_the_design_says() -> None:
    assert not undefined_names(DESIGN, ROOT)
    moved = DESIGN.replace(
        "| `Answer` | `device/answer/answer.py`", "| `Answer` | `device/ports.py`"
    )
    assert undefined_names(moved, ROOT) == ["Answer"]


@pytest.mark.parametrize("text", [DESIGN, CONTRIBUTING], ids=["design", "contributing"])
def test_every_path_that_is_named_is_there(text: str) -> None:
    assert len(paths_in(text)) > 30
    assert not missing_paths(text, ROOT)


@pytest.mark.parametrize(
    "planted",
    [
        "`device/attic/card.py`",
        "`attic/card.py`",
        "`attic.toml`",
        "`device/attic/`",
        "`tests/test_attic_*.py`",
        "`tests/test_session.py::test_of_the_attic`",
        "```sh\npytest tests/test_attic.py\n```",
    ],
)
def test_a_planted_path_is_missed(planted: str) -> None:
    assert len(missing_paths(f"{CONTRIBUTING}\n{planted}\n", ROOT)) == 1


def test_what_commands_make_and_what_is_no_path_is_not_looked_for() -> None:
    assert not paths_in("`out/arm`, `.venv/bin/pytest`, `ramix-train`, `0.5`, out/x.py, `sim:a=b`")


@pytest.mark.parametrize(
    ("text", "folder"),
    [(DESIGN, ROOT / "docs"), (CONTRIBUTING, ROOT)],
    ids=["design", "contributing"],
)
def test_every_link_leads_somewhere(text: str, folder: Path) -> None:
    assert not wrong_links(text, folder)
    assert wrong_links(f"{text}\n[attic](attic.md)\n", folder) == ["attic.md"]
