"""Which trust file decides: no variable goes around the system's, no older one comes back.

A lost, damaged or missing memory of earlier trust files means refusal, and the demo key is worth
nothing on a production installation.
"""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import installation
from device.cli.main import run_command
from device.doctor import state as doctor_state
from device.doctor import trust as doctor_trust
from device.doctor.finding import Level
from device.inference import trust_install
from device.inference.errors import SignatureError, TrustError
from device.inference.model_source import load_default
from device.inference.trust import DEMO_KEY_ID, SigningKey, default_trust_policy, demo_signing_key
from device.inference.trust_here import DemoKeyForbidden, trust_here
from device.inference.trust_install import install_trust
from device.inference.trust_state import (
    TrustRolledBack,
    TrustState,
    TrustStateLost,
    read_state,
    write_state,
)
from tests.tiny_bundles import tiny_path, tiny_variant

KEYS = [SigningKey.generate() for _ in range(2)]
Capture = pytest.CaptureFixture[str]


def trust_text(sequence: int, *keys: SigningKey, not_after: str = "") -> str:
    """A trust file; number 0 stands for the format that has none."""
    content: dict[str, object] = {"format": "ramix-trust-1"}
    if sequence:
        content = {"format": "ramix-trust-2", "sequence": sequence}
    if not_after:
        content["not_after"] = not_after
    named = {key.key_id: key.public_key.hex() for key in keys or KEYS[:1]}
    return json.dumps(content | {"threshold": 1, "keys": named})


class Machine:
    """A machine with system directories of its own, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc, self.var = folder / "system" / "etc", folder / "system" / "var"
        self.home = folder / "home"
        self.trust_file = self.etc / "trust.json"
        self.state_file = self.var / installation.TRUST_STATE_NAME

    def file(self, text: str) -> Path:
        path = self.folder / "given.json"
        path.write_text(text)
        return path

    def install(self, sequence: int, *keys: SigningKey, reset: bool = False) -> None:
        source = self.file(trust_text(sequence, *keys))
        install_trust(source, for_system=True, reset=reset)

    def copy(self, text: str) -> None:
        """By hand, past the command."""
        self.etc.mkdir(parents=True, exist_ok=True)
        self.trust_file.write_text(text)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    made.home.mkdir()
    monkeypatch.setattr(installation, "SYSTEM_CONFIG_DIR", made.etc)
    monkeypatch.setattr(installation, "SYSTEM_STATE_DIR", made.var)
    monkeypatch.delenv("RAMIX_HOME", raising=False)
    for name in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(made.home / name.lower()))
    return made


def user_trust(machine: Machine, text: str) -> Path:
    folder = machine.home / "config" / "ramix"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trust.json").write_text(text)
    return folder / "trust.json"


# ---- the environment ----


def test_no_variable_of_the_environment_goes_around_the_systems_trust(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install(3, KEYS[0])
    user_trust(machine, trust_text(0, KEYS[1]))
    other = machine.folder / "other"
    for folder in ("etc", "config", "var"):
        (other / folder).mkdir(parents=True)
        (other / folder / "trust.json").write_text(trust_text(0, KEYS[1]))
    (other / "etc" / "model.ramix").write_bytes(tiny_path(1).read_bytes())
    for name in ("RAMIX_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(other))
        assert list(default_trust_policy().keys) == [KEYS[0].key_id]
        assert trust_here().decides == "system"
    assert installation.configured_model_path() is None  # RAMIX_HOME/etc is not the system's
    assert installation.trust_state_paths()[0] == machine.state_file


def test_where_the_system_has_nothing_the_home_stands_in_for_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the test above, and what several analyzers on one computer use."""
    monkeypatch.setenv("RAMIX_HOME", str(machine.home))
    (machine.home / "etc").mkdir()
    (machine.home / "etc" / "trust.json").write_text(trust_text(0, KEYS[1]))
    assert list(default_trust_policy().keys) == [KEYS[1].key_id]
    assert installation.trust_state_paths()[0] == machine.home / "var" / "trust-state.json"


def test_a_removed_configuration_is_noticed_also_with_a_home(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install(3)
    machine.trust_file.unlink()
    with pytest.raises(TrustError, match="cannot be read"):
        trust_here()
    machine.etc.rmdir()
    user_trust(machine, trust_text(0, KEYS[1]))
    for home in ("", str(machine.home)):
        monkeypatch.setenv("RAMIX_HOME", home)
        with pytest.raises(TrustStateLost, match="number 3 was installed here"):
            trust_here()


def test_a_system_directory_that_cannot_be_looked_at_is_there(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("RAMIX_HOME", str(machine.home))
    monkeypatch.setattr(installation, "is_there", forbidden)
    assert installation.config_dirs()[0] == machine.etc
    with pytest.raises(TrustError, match="cannot be looked at"):
        trust_here()


# ---- older files ----


def test_the_first_use_works_with_and_without_a_number(machine: Machine) -> None:
    assert trust_here().decides == "demo"
    machine.copy(trust_text(0))
    assert trust_here().policy.sequence == 0  # as it always was
    assert not machine.state_file.exists()
    machine.install(1)
    assert trust_here().policy.sequence == 1


def test_an_older_file_is_refused_whichever_way_it_comes(machine: Machine) -> None:
    machine.install(5)
    for older in (4, 1, 0):
        machine.copy(trust_text(older))
        with pytest.raises(TrustRolledBack, match="number 5 was accepted"):
            trust_here()
        with pytest.raises(TrustRolledBack):
            machine.install(older)
    machine.install(5)
    machine.install(6)
    assert trust_here().policy.sequence == 6


def test_going_back_is_possible_on_purpose(machine: Machine) -> None:
    machine.install(5)
    machine.install(2, reset=True)
    assert trust_here().policy.sequence == 2
    assert read_state(machine.state_file) == TrustState(2, trust_here().policy.sha256)


def test_another_file_of_the_same_number_is_refused(machine: Machine) -> None:
    machine.install(5, KEYS[0])
    machine.copy(trust_text(5, KEYS[1]))
    with pytest.raises(TrustRolledBack, match="not the file"):
        trust_here()
    with pytest.raises(TrustRolledBack, match="not the file"):
        machine.install(5, KEYS[1])


def test_a_newer_file_that_was_copied_is_remembered(machine: Machine) -> None:
    machine.install(5)
    machine.copy(trust_text(7))
    assert trust_here().policy.sequence == 7
    machine.copy(trust_text(6))
    with pytest.raises(TrustRolledBack, match="number 7"):
        trust_here()


def test_a_newer_file_that_cannot_be_remembered_is_not_used(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(30, "Read-only file system")

    machine.install(5)
    machine.copy(trust_text(7))
    monkeypatch.setattr("device.inference.trust_state.write_state", full)
    with pytest.raises(TrustError, match="Read-only") as caught:
        trust_here()
    assert "sudo ramix trust install" in caught.value.remedy


@pytest.mark.parametrize("is_systems", [True, False])
def test_a_lost_memory_is_refused_and_never_begun_anew(machine: Machine, is_systems: bool) -> None:
    install_trust(machine.file(trust_text(3)), for_system=is_systems, reset=False)
    place = installation.trust_state_paths()[0 if is_systems else 1]
    place.unlink()
    for _ in range(2):
        with pytest.raises(TrustStateLost) as caught:
            trust_here()
        assert "ramix trust install" in caught.value.remedy
        assert not place.exists()
    for sequence in (3, 4):
        with pytest.raises(TrustStateLost):
            source = machine.file(trust_text(sequence))
            install_trust(source, for_system=is_systems, reset=False)
    install_trust(machine.file(trust_text(3)), for_system=is_systems, reset=True)
    assert trust_here().policy.sequence == 3


def test_a_numbered_file_that_was_only_copied_is_refused_until_it_is_installed(
    machine: Machine,
) -> None:
    machine.copy(trust_text(3))
    with pytest.raises(TrustStateLost, match="remembers the highest number, is not there"):
        trust_here()


def test_a_damaged_memory_is_refused_at_every_byte(machine: Machine) -> None:
    machine.install(3)
    whole = machine.state_file.read_bytes()
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
        ):
            machine.state_file.write_bytes(damaged)
            try:
                found = read_state(machine.state_file)
            except TrustStateLost:
                continue
            assert found is not None  # white space: the same number as before
            assert found.sequence == 3
    machine.state_file.unlink()
    machine.state_file.symlink_to("nowhere")
    with pytest.raises(TrustStateLost):
        trust_here()
    machine.state_file.unlink()
    os.mkfifo(machine.state_file)
    with pytest.raises(TrustStateLost, match="named pipe"):
        trust_here()


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_memory_or_refused(data: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(TrustStateLost):
            read_state(Path(file.name))


@settings(max_examples=30)
@given(sequence=st.integers(0, 2**31 - 1), digest=st.text("0123456789abcdef", min_size=1))
def test_what_is_remembered_is_read_back(sequence: int, digest: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        write_state(path, TrustState(sequence, digest), for_all=False)
        assert read_state(path) == TrustState(sequence, digest)


@settings(max_examples=30)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=8))
def test_whatever_is_copied_and_installed_the_number_never_falls(
    steps: list[tuple[bool, int]],
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        machine = Machine(Path(folder))
        patch.setattr(installation, "SYSTEM_CONFIG_DIR", machine.etc)
        patch.setattr(installation, "SYSTEM_STATE_DIR", machine.var)
        patch.delenv("RAMIX_HOME", raising=False)
        highest = 0
        for is_copied, sequence in steps:
            try:
                if is_copied:
                    machine.copy(trust_text(sequence))
                else:
                    machine.install(sequence)
                found = trust_here().policy.sequence
            except TrustError:
                continue
            assert found >= highest
            highest = found


@pytest.mark.parametrize("name", ["write_state", "written_whole"])
def test_a_power_cut_while_installing_leaves_a_machine_that_the_same_command_mends(
    name: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_arguments: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    machine.install(3)
    with monkeypatch.context() as during:
        during.setattr(trust_install, name, cut)
        with pytest.raises(TrustError, match="cannot be installed"):
            machine.install(4)
    if name == "write_state":
        assert trust_here().policy.sequence == 3
    else:  # the number was remembered, the file is still the old one
        with pytest.raises(TrustRolledBack):
            trust_here()
    machine.install(4)
    assert trust_here().policy.sequence == 4


def test_a_trust_file_ends_when_it_says(machine: Machine) -> None:
    machine.install(1)
    machine.copy(trust_text(2, not_after="2999-12-31T23:59:59Z"))
    assert trust_here().policy.not_after == "2999-12-31T23:59:59Z"
    machine.copy(trust_text(3, not_after="2020-01-01T00:00:00Z"))
    with pytest.raises(TrustError, match="valid until 2020") as caught:
        trust_here()
    assert "clock" in caught.value.remedy
    with pytest.raises(TrustError, match="valid until"):
        source = machine.file(trust_text(4, not_after="2020-01-01T00:00:00Z"))
        install_trust(source, for_system=True, reset=True)


def test_only_its_owner_reaches_a_users_memory_and_all_read_the_systems(machine: Machine) -> None:
    old_mask = os.umask(0)
    try:
        machine.install(1)
        install_trust(machine.file(trust_text(1)), for_system=False, reset=False)
    finally:
        os.umask(old_mask)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert (mode(machine.state_file), mode(machine.var)) == (0o644, 0o755)
    assert (mode(machine.trust_file), mode(machine.etc)) == (0o644, 0o755)
    own = installation.trust_state_paths()[1]
    assert (mode(own), mode(own.parent)) == (0o600, 0o700)
    assert mode(machine.home / "config" / "ramix" / "trust.json") == 0o600


# ---- production ----


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped models of a packager."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in ("demo_root.json", "DEMO_KEY_do_not_use.pem"):
        (folder / name).write_bytes((installation.shipped_models_dir() / name).read_bytes())
    monkeypatch.setattr(installation, "shipped_models_dir", lambda: folder)
    return folder


@pytest.mark.parametrize("by_whom", ["administrator", "packager"])
def test_production_never_falls_back_to_the_demo_root_or_the_user(
    by_whom: str, machine: Machine, shipped: Path
) -> None:
    demo, release = demo_signing_key(), KEYS[0]
    signed_by = {key.key_id: tiny_variant(signers=[key]) for key in (demo, release)}
    assert trust_here().trusts_demo_key
    if by_whom == "administrator":
        machine.etc.mkdir(parents=True)
    mark = (machine.etc if by_whom == "administrator" else shipped) / "production"
    mark.touch()
    user_trust(machine, trust_text(0, KEYS[1]))
    with pytest.raises(TrustError):
        trust_here()
    for keys in ((demo,), (release, demo)):
        machine.copy(trust_text(0, *keys))
        with pytest.raises(DemoKeyForbidden):
            trust_here()
        with pytest.raises(DemoKeyForbidden):
            machine.install(1, *keys)
    machine.trust_file.unlink()
    machine.install(1, release)
    here = trust_here()
    assert (here.decides, here.is_production, here.trusts_demo_key) == ("system", True, False)
    model = machine.folder / "m.ramix"
    model.write_bytes(signed_by[demo.key_id])
    with pytest.raises(SignatureError, match=DEMO_KEY_ID):
        load_default(model)
    model.write_bytes(signed_by[release.key_id])
    assert load_default(model).signed_by == (release.key_id,)


def test_without_the_mark_the_demo_root_is_for_trying_out(machine: Machine, shipped: Path) -> None:
    """Negative control."""
    here = trust_here()
    assert (here.decides, here.is_production, here.trusts_demo_key) == ("demo", False, True)


# ---- what is told ----


def test_a_path_with_a_typing_error_says_where_to_look(machine: Machine, capsys: Capture) -> None:
    assert run_command(["trust", "install", str(machine.trust_file) + "x"]) == 7
    said = capsys.readouterr().err
    assert "cannot be read" in said and "Check its path." in said and "Restore" not in said


def test_the_commands_install_and_show(machine: Machine, capsys: Capture) -> None:
    source = machine.file(trust_text(4))
    assert run_command(["trust", "install", str(source), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["installed"], told["before"], told["sequence"]) == (
        str(machine.trust_file), None, 4,
    )  # fmt: skip
    assert run_command(["trust", "show", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["decides"], told["sequence"], told["keys"]) == ("system", 4, [KEYS[0].key_id])
    assert told["demo_key_trusted"] is False
    assert run_command(["trust", "install", "--user", str(source)]) == 0
    assert "the system's trust file decides" in capsys.readouterr().err
    older = machine.file(trust_text(3))
    assert run_command(["trust", "install", str(older)]) == 7
    assert "number 4 was accepted" in capsys.readouterr().err
    assert run_command(["trust", "install", str(older), "--reset"]) == 0
    assert "forgotten" in capsys.readouterr().err
    assert run_command(["trust", "show"]) == 0
    assert "number 3" in capsys.readouterr().out
    machine.state_file.unlink()
    assert run_command(["trust", "show"]) == 7
    assert run_command(["identify", "--file", "x.csv"]) != 0
    assert "trust install" in capsys.readouterr().err


def test_the_demo_key_is_told_by_each_tool(machine: Machine, capsys: Capture) -> None:
    assert run_command(["trust", "show"]) == 0
    assert "public demo key is trusted" in capsys.readouterr().err
    assert run_command(["model", "info", str(tiny_path(2)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trust"]["demo_key_trusted"] is True
    assert run_command(["info", "--port", "sim:", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trust"]["decides"] == "demo"
    assert told["active_model"]["signed_by"] is None  # it has not answered here yet
    (found,) = doctor_trust.trust()
    assert found.level is Level.WARNING
    machine.install(1)
    (found,) = doctor_trust.trust()
    assert found.level is Level.OK and "number 1" in found.text


def test_info_tells_a_trust_file_that_is_refused(machine: Machine, capsys: Capture) -> None:
    machine.copy(trust_text(9))
    assert run_command(["info", "--port", "sim:model=none", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "is not there" in told["trust"]["problem"]


def test_the_doctor_finds_a_memory_that_others_can_change(machine: Machine) -> None:
    machine.install(1)

    def faults() -> Iterator[str]:
        yield from (one.text for one in doctor_state.file_modes() if one.level is Level.FAULT)

    assert not list(faults())
    machine.state_file.chmod(0o666)
    machine.var.chmod(0o777)
    assert len(list(faults())) == 2


def test_the_doctor_refuses_a_link_key_that_others_can_read(machine: Machine) -> None:
    from device.link_key_file import KeyFileRefused, write_new_key

    assert [one.level for one in doctor_trust.link_key()] == [Level.OK]
    path = machine.home / "config" / "ramix" / "link.key"
    write_new_key(path)
    assert [one.level for one in doctor_trust.link_key()] == [Level.OK]
    path.chmod(0o644)
    with pytest.raises(KeyFileRefused):  # told as a fault by the examination
        list(doctor_trust.link_key())
