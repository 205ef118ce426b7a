"""One resolution for all environments, and a distribution that lists what the tree holds."""

import configparser
import re
from pathlib import Path

import pytest

from firmware_bridge.usb_ids import PRODUCT_ID, VENDOR_ID

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
SUBSETS = ("device.lock", "device-armv7l.txt")
COMPILER = "wheels.txt"
LOCKS = ("dev.lock", *SUBSETS, COMPILER)


def pinned(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Package -> (version, hashes) of a lock file's text."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*$", "", text))
    found = {}
    for line in filter(str.strip, joined.splitlines()):
        requirement, *hashes = line.split()
        name, _, version = requirement.partition("==")
        found[name] = (version, frozenset(hashes))
    return found


def lock(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    return pinned((REQUIREMENTS / name).read_text())


@pytest.mark.parametrize("name", SUBSETS)
def test_the_handheld_gets_the_versions_that_were_tested(name: str) -> None:
    development = lock("dev.lock")
    assert {package: development.get(package) for package in lock(name)} == lock(name)


def test_another_version_is_not_a_subset() -> None:
    text = (REQUIREMENTS / "device.lock").read_text()
    changed = pinned(re.sub(r"(?m)^numpy==.*? ", "numpy==1.25.0 ", text))
    assert changed["numpy"] != lock("dev.lock")["numpy"]
    assert changed["rich"] == lock("dev.lock")["rich"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_version_and_hashes(name: str) -> None:
    for package, (version, hashes) in lock(name).items():
        assert re.fullmatch(r"\d[\w.]*", version), package
        assert hashes, package
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), package


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_an_index_or_a_place(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert not re.search(r"://|--index|--find-links|file:|(?m:^\s*#.*\s/)", text)


def test_the_handheld_needs_no_training_library() -> None:
    training = {"tensorflow", "tensorflow-cpu", "keras", "scipy", "pandas", "h5py"}
    assert not lock("device.lock").keys() & training
    assert "tflite-runtime" not in lock("device.lock")
    assert "tflite-runtime" in lock("device-armv7l.txt")


def test_the_compiler_for_wheels_is_in_no_other_environment() -> None:
    assert "ziglang" in lock(COMPILER)
    assert not [name for name in LOCKS if name != COMPILER and "ziglang" in lock(name)]
    development = lock("dev.lock")
    shared = lock(COMPILER).keys() & development.keys()
    assert {name: lock(COMPILER)[name] for name in shared} == {
        name: development[name] for name in shared
    }


def test_numpy_stays_where_both_runtimes_work() -> None:
    major, minor = map(int, lock("dev.lock")["numpy"][0].split(".")[:2])
    assert (major, minor) >= (1, 26)
    assert major < 2


def test_setup_lists_every_package_of_the_tree() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    listed = settings["options"]["packages"].split()
    present = {
        str(init.parent.relative_to(ROOT)).replace("/", ".")
        for top in {name.partition(".")[0] for name in listed}
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(present)


def without_a_wheel(packages: list[str]) -> list[str]:
    """Those of the list that serve figures and experiments in a checkout alone."""
    return [name for name in packages if name.partition(".")[0] in ("evidence", "notebook")]


def test_the_wheel_holds_neither_evidence_nor_notebook() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    listed = settings["options"]["packages"].split()
    assert without_a_wheel(listed) == []
    assert (ROOT / "evidence").is_dir() and (ROOT / "notebook").is_dir()
    # the control: they would be seen, rooms of theirs too
    assert without_a_wheel([*listed, "evidence", "notebook.rooms"]) == [
        "evidence",
        "notebook.rooms",
    ]


def test_the_udev_rule_matches_the_analyzer_on_every_event_but_its_end() -> None:
    rules = (ROOT / "packaging" / "70-ramix.rules").read_text()
    usb_rules = [line for line in rules.splitlines() if 'SUBSYSTEM=="usb"' in line]
    assert usb_rules
    for rule in usb_rules:
        assert 'ACTION=="add|bind|change"' in rule
        assert f'ATTR{{idVendor}}=="{VENDOR_ID:04x}"' in rule
        assert f'ATTR{{idProduct}}=="{PRODUCT_ID:04x}"' in rule
    assert 'TAG+="uaccess"' in rules


def test_the_udev_rule_sorts_before_the_one_that_acts_on_it() -> None:
    assert min(path.name for path in (ROOT / "packaging").glob("*.rules")) < "73-seat-late.rules"
