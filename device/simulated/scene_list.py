"""Lists of scenes: a TOML file of samples that take turns, each with what is true of it.

    [[scene]]
    name = "toluene in ethanol"
    sample = "mix=Toluene:0.2,ethanol:0.8&snr=50"   # keys of a `sim:` port
    verdict = "IDENTIFIED"                          # the right one
    components = ["Toluene", "ethanol"]             # what is there and has to be named
    foreign = []                                    # what is there and in no library
    reason = "saturated"                            # why there is no result, if so

Next: `sample.py` for what a sample may say; `demo.toml`, the list that is shipped.
"""

import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from device.installation import read_capped
from device.plain_file import why_not
from device.simulated.sample import Sample, parse_sample
from device.strict_json import Fields, StrictJsonError
from firmware_bridge.errors import CallerError

_MAX_BYTES: Final = 1_000_000
_MAX_SCENES: Final = 1000
_VERDICTS: Final = ("IDENTIFIED", "PARTIAL", "UNKNOWN", "NO_RESULT")


class SceneListError(CallerError):
    """The file holds no list of scenes."""

    code = "scene_list"
    default_remedy = "docs/simulator.md shows what such a file looks like."


@dataclass(frozen=True)
class ListedScene:
    """One sample of a list, and what is true of it."""

    name: str
    sample: Sample
    verdict: str
    components: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    reason: str | None = None

    def truth(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "components": list(self.components),
            "foreign": list(self.foreign),
            "reason": self.reason,
        }


def demo_list() -> tuple[ListedScene, ...]:
    """The shipped ten."""
    text = resources.files("device.simulated").joinpath("demo.toml").read_text("utf-8")
    return parse_list(text, "demo.toml")


def read_list(path: Path) -> tuple[ListedScene, ...]:
    """The scenes in a file; paths in it begin at its folder.

    Raises:
        SceneListError: it cannot be read, or holds something else.
    """
    try:
        text = read_capped(path, _MAX_BYTES).decode("utf-8")
    except OSError as error:
        raise SceneListError(f"Cannot read the scenes in {path}: {why_not(error)}.") from error
    except ValueError as error:  # too large, or not UTF-8
        raise SceneListError(f"{path} holds no list of scenes: {error}.") from error
    return tuple(_below(path.parent, scene) for scene in parse_list(text, path.name))


def _below(folder: Path, scene: ListedScene) -> ListedScene:
    replay = scene.sample.replay
    if replay is None:
        return scene
    return replace(scene, sample=replace(scene.sample, replay=folder / replay))


def parse_list(text: str, source: str) -> tuple[ListedScene, ...]:
    """The scenes in the text of a file named `source`; raises `SceneListError`."""
    try:
        fields = Fields(tomllib.loads(text), "the file")
        rows = fields.take("scene")
        fields.done()
        if not isinstance(rows, list) or not 1 <= len(rows) <= _MAX_SCENES:
            raise StrictJsonError(f"scene must be a list of 1 to {_MAX_SCENES} tables")
        return tuple(_scene(row, f"scene {number}") for number, row in enumerate(rows, 1))
    except (tomllib.TOMLDecodeError, StrictJsonError, RecursionError) as error:
        raise SceneListError(f"{source} holds no list of scenes: {error}.") from error


def _scene(row: object, where: str) -> ListedScene:
    optional = {"components": [], "foreign": [], "reason": ""}
    fields = Fields({**optional, **row} if isinstance(row, dict) else row, where)
    verdict = fields.text("verdict")
    if verdict not in _VERDICTS:
        raise StrictJsonError(f"{where}.verdict is not one of {', '.join(_VERDICTS)}")
    try:
        sample = parse_sample(fields.text("sample"))
    except CallerError as error:
        raise StrictJsonError(f"{where}.sample: {error.text.rstrip('.')}") from error
    if sample.noise:
        raise StrictJsonError(f"{where}.sample: in a list, noise is the camera's")
    scene = ListedScene(
        name=fields.text("name"),
        sample=sample,
        verdict=verdict,
        components=fields.texts("components"),
        foreign=fields.texts("foreign"),
        reason=fields.text("reason", empty=True) or None,
    )
    fields.done()
    return scene
