"""The first words of a module name files that are there, seen from it, its package or the root."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("firmware_bridge", "device", "tools", "train", "evidence", "notebook")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
_FILE = re.compile(r"`([\w./-]+\.(?:py|c|h|js|md))`")
_OF_OTHERS = {"backend/libusb1.py"}  # pyusb's


def not_there(text: str, module: Path) -> list[str]:
    """Files that a docstring names in backquotes and that are nowhere where it may mean them."""
    package = ROOT / module.relative_to(ROOT).parts[0]
    return [
        name
        for name in _FILE.findall(text)
        if name not in _OF_OTHERS
        and not any((folder / name).is_file() for folder in (module.parent, package, ROOT))
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_module_names_is_there(module: Path) -> None:
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    assert not_there(text, module) == []


def test_a_file_that_moved_is_noticed() -> None:
    module = ROOT / "device" / "version.py"
    assert not_there("Next: `verdict/decision_identity.py`.", module) == [
        "verdict/decision_identity.py"
    ]
    assert not_there("Next: `answer/decision_identity.py`, `README.md`.", module) == []
