"""Lists of scenes: what the file may say, and that everything else is one sentence."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.simulated.scene_list import SceneListError, demo_list, parse_list, read_list
from device.simulated.truth import TruthFile

ONE = """
[[scene]]
name = "toluene"
sample = "mix=Toluene&snr=20"
verdict = "IDENTIFIED"
components = ["Toluene"]
"""


def test_a_list_is_read_with_what_is_true_of_each() -> None:
    (scene,) = parse_list(ONE, "one.toml")
    assert scene.sample.mix == (("Toluene", 1.0),) and scene.sample.snr == 20.0
    assert scene.truth() == {
        "name": "toluene",
        "verdict": "IDENTIFIED",
        "components": ["Toluene"],
        "foreign": [],
        "reason": None,
    }


def test_the_shipped_list_has_ten_scenes_of_the_kinds_it_promises() -> None:
    scenes = demo_list()
    assert len(scenes) == 10
    samples = [scene.sample for scene in scenes]
    assert sum(sample.replay is not None for sample in samples) >= 3
    snrs = [sample.snr for sample in samples if sample.snr is not None]
    assert min(snrs) == 15.0 and max(snrs) == 100.0
    assert {scene.verdict for scene in scenes} == {"IDENTIFIED", "UNKNOWN", "NO_RESULT"}
    assert [scene.reason for scene in scenes if scene.verdict == "NO_RESULT"] == [
        "no_sample",
        "saturated",
    ]
    assert any(sample.fluorescence for sample in samples)
    assert any(sample.room_light for sample in samples)
    assert any(sample.brightness is not None and sample.brightness < 0.1 for sample in samples)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file.scene is missing"),
        ("scene = 1", "scene must be a list"),
        ("scene = []", "scene must be a list"),
        ("scene = [1]", "scene 1 must be an object"),
        ("not toml", "Expected"),
        (ONE + "more = 1", "unknown key 'more'"),
        (ONE.replace('"IDENTIFIED"', '"RIGHT"'), "verdict is not one of"),
        (ONE.replace("snr=20", "snr=0"), "scene 1.sample: In the simulated port: snr"),
        (ONE.replace("&snr=20", "&seed=1"), "'seed=1' is not understood"),
        (ONE.replace("mix=Toluene&snr=20", "replay=a.txt&noise=3"), "noise is the camera's"),
        (ONE.replace('["Toluene"]', '"Toluene"'), "components must be a list"),
        (ONE.replace('["Toluene"]', "[1]"), "components must be text"),
        (ONE.replace("toluene", "tolu\\u0007ene"), "unprintable"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(SceneListError) as caught:
        parse_list(text, "list.toml")
    assert words in caught.value.text and "list.toml" in caught.value.text
    assert caught.value.remedy


@given(st.text(max_size=80) | st.text(max_size=30).map(lambda text: ONE + text))
def test_any_text_is_a_list_or_a_sentence(text: str) -> None:
    try:
        parse_list(text, "list.toml")
    except SceneListError:
        return


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary.toml", tmp_path / "large.toml"
    binary.write_bytes(b"\xff\xfe")
    large.write_text("#" * 1_000_001)
    for path in (tmp_path / "none.toml", tmp_path, binary, large):
        with pytest.raises(SceneListError) as caught:
            read_list(path)
        assert str(path) in caught.value.text


def test_paths_begin_at_the_folder_of_the_list(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text(
        ONE.replace("mix=Toluene&snr=20", "replay=a.csv")
        + ONE.replace("mix=Toluene&snr=20", "replay=/b/c.csv")
    )
    replays = [scene.sample.replay for scene in read_list(path)]
    assert replays == [tmp_path / "a.csv", Path("/b/c.csv")]


def test_truths_are_appended_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    for name in ("one", "two"):
        with TruthFile(path) as file:
            file.add({"name": name})
    lines = path.read_text().splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ['"name": "one"}', '"name": "two"}']
    with pytest.raises(SceneListError, match="Cannot write truths"):
        TruthFile(tmp_path)
