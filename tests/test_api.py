"""`device.api`: each name is where it says, loads nothing else, and docs/python.md has them all."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from device import api
from device.inference.errors import BundleError
from device.installation import default_model_path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def imported_for_types() -> dict[str, str]:
    """name -> module, of the imports that a type checker sees."""
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    (block,) = (one for one in tree.body if isinstance(one, ast.If))
    return {
        alias.name: str(one.module)
        for one in block.body
        if isinstance(one, ast.ImportFrom)
        for alias in one.names
    }


@pytest.mark.parametrize("name", api.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(api, name) is not None
    assert name in dir(api)


def test_what_a_type_checker_sees_is_what_is_imported() -> None:
    seen = imported_for_types()
    assert {name: seen[name] for name in api.__all__ if name != "load_model"} == api._LIVES_IN


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        _ = api.no_such


def test_each_name_is_on_the_page() -> None:
    assert not [name for name in api.__all__ if not re.search(rf"\b{name}\b", PAGE)]


def test_the_import_loads_nothing_and_reading_a_file_no_driver() -> None:
    program = (
        "import sys, device.api\n"
        "print('numpy' in sys.modules)\n"
        "from device.api import load_model, read_spectrum\n"
        "read_spectrum('data/wasatch785/toluene.csv')\n"
        "print(any(name.startswith('device.driver') for name in sys.modules))\n"
        "print('sqlite3' in sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == ["False"] * 3


def test_nothing_of_the_product_imports_it() -> None:
    found = [
        path
        for folder in ("device", "firmware_bridge", "train", "tools")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"device\.api|from device import .*\bapi\b", path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(BundleError):
        api.load_model("no-such.ramix")


def test_the_pages_examples_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All blocks of the page, one after the other in one namespace, as a reader would type them."""
    if not default_model_path().exists():
        pytest.skip("the shipped model has not been built")
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "models").symlink_to(ROOT / "models")
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), names)
        printed = re.findall(r"^# prints: (.*)$", block, re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == printed, block
    assert len(BLOCKS) > 4
