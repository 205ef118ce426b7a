"""One adapter, two runtimes: same answers by name, refusals in place of surprises."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from device import installation
from device.inference import interpreter as interpreter_module
from device.inference.bundle import Bundle, read_bundle, read_bundle_file
from device.inference.container import Container
from device.inference.errors import BundleError, GoldenMismatch, ModelUnusable, RuntimeMissing
from device.inference.golden import check_golden, golden_block
from device.inference.interpreter import Interpreter
from device.inference.trust import default_trust_policy
from tests.tiny_bundles import FIXTURES, tiny_bundle, tiny_path, tiny_variant

RUNTIMES = ["litert", "tflite"]
_SCHEMA_VERSION = 60  # where the file of tiny-2 says which format it has
SHIPPED = sorted(installation.shipped_models_dir().glob("*.ramix"))


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def variant(task: int = 2, **changes: Any) -> Bundle:
    return read_bundle(tiny_variant(task, **changes), default_trust_policy())


def tiny_golden() -> dict[str, Any]:
    """The golden entry of tiny-2's manifest, to be changed."""
    manifest = json.loads(Container.from_bytes(tiny_path(2).read_bytes()).manifest)
    golden: dict[str, Any] = manifest["golden"]
    return golden


def test_auto_prefers_litert() -> None:
    assert Interpreter(tiny_bundle(1).model).runtime_name == "litert"


@pytest.mark.parametrize("task", [1, 2])
def test_golden_vectors_hold_under_both_runtimes(runtime: str, task: int) -> None:
    bundle = tiny_bundle(task)
    interpreter = Interpreter.for_bundle(bundle, runtime)
    assert interpreter.runtime_name == runtime
    check_golden(bundle, interpreter)


def test_there_are_shipped_models_to_test() -> None:
    assert installation.default_model_path() in SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_models_hold_their_golden_vectors_under_both_runtimes(
    runtime: str, path: Path
) -> None:
    bundle = read_bundle_file(path, default_trust_policy())
    check_golden(bundle, Interpreter.for_bundle(bundle, runtime))
    assert bundle.manifest.name == path.stem


def test_outputs_are_mapped_by_name(runtime: str) -> None:
    """The mixture 1 : 0.7 has two certain presences; only the dosage tells the amounts apart."""
    bundle = tiny_bundle(2)
    prediction = Interpreter.for_bundle(bundle, runtime).predict(bundle.manifest.golden.inputs[2])
    assert prediction.dosage is not None
    assert prediction.presence.min() > 0.95
    assert 0.6 < prediction.dosage[1] < 0.9 < prediction.dosage[0]
    assert prediction.presence.dtype == prediction.dosage.dtype == np.float32


def test_a_presence_network_has_no_dosage(runtime: str) -> None:
    bundle = tiny_bundle(1)
    prediction = Interpreter.for_bundle(bundle, runtime).predict(bundle.manifest.golden.inputs[0])
    assert prediction.dosage is None
    assert prediction.presence.shape == (2,)


def test_predictions_do_not_change_under_the_callers_hands(runtime: str) -> None:
    bundle = tiny_bundle(2)
    interpreter = Interpreter.for_bundle(bundle, runtime)
    first = interpreter.predict(bundle.manifest.golden.inputs[0])
    before = first.presence.copy()
    interpreter.predict(bundle.manifest.golden.inputs[1])
    np.testing.assert_array_equal(first.presence, before)


def test_dequantisation_agrees_with_the_tensors_own_numbers(runtime: str) -> None:
    bundle = tiny_bundle(2)
    interpreter = Interpreter.for_bundle(bundle, runtime)
    prediction = interpreter.predict(bundle.manifest.golden.inputs[1])
    assert prediction.dosage is not None
    runner = interpreter._interpreter.get_signature_runner()
    for name, found in (("presence", prediction.presence), ("dosage", prediction.dosage)):
        details = runner.get_output_details()[name]
        scale, zero_point = details["quantization"]
        raw = interpreter._interpreter.get_tensor(details["index"]).astype(np.float64)
        np.testing.assert_allclose(found, (raw[0] - zero_point) * scale, atol=1e-6)


def test_both_runtimes_agree_within_the_golden_tolerance() -> None:
    bundle, rng = tiny_bundle(2), np.random.default_rng(5)
    litert, tflite = (Interpreter.for_bundle(bundle, name) for name in RUNTIMES)
    for amounts in rng.uniform(0, 1, (50, 2)):
        mixture = amounts @ bundle.manifest.golden.inputs[:2].astype(np.float64)
        model_input = np.rint(127 * mixture / np.abs(mixture).max()).astype(np.int8)
        difference = litert.predict(model_input).presence - tflite.predict(model_input).presence
        assert np.abs(difference).max() <= bundle.manifest.golden.tolerance


@pytest.mark.parametrize(
    "model_input",
    [
        np.zeros(2200, np.int8),
        np.zeros(2202, np.int8),
        np.zeros(2201, np.uint8),
        np.zeros(2201, np.float32),
        np.zeros(0, np.int8),
    ],
)
def test_inputs_that_do_not_fit_are_refused(runtime: str, model_input: npt.NDArray[Any]) -> None:
    with pytest.raises(ModelUnusable, match="2201 int8"):
        Interpreter(tiny_bundle(1).model, runtime).predict(model_input)


def test_what_is_no_network_is_refused(runtime: str) -> None:
    for model in (b"", b"no network", b"\0" * 1000):
        with pytest.raises(ModelUnusable, match="does not load"):
            Interpreter(model, runtime)


def test_what_the_runtime_says_against_a_network_is_told(runtime: str) -> None:
    model = bytearray(tiny_bundle(2).model)
    model[_SCHEMA_VERSION] = 99
    with pytest.raises(ModelUnusable, match="schema version 99") as caught:
        Interpreter(bytes(model), runtime)
    assert "publisher" in caught.value.remedy and caught.value.text.isprintable()


@pytest.mark.parametrize(
    ("bundle", "what"),
    [
        (lambda: variant(operators=["CONV_2D", "FULLY_CONNECTED"]), "operators"),
        (lambda: variant(1, model=tiny_bundle(2).model), "ramixnet1"),
        (lambda: variant(2, model=tiny_bundle(1).model), "ramixnet2"),
    ],
)
def test_a_network_that_contradicts_its_manifest_is_refused(
    runtime: str, bundle: Callable[[], Bundle], what: str
) -> None:
    with pytest.raises(ModelUnusable, match=what):
        Interpreter.for_bundle(bundle(), runtime)


def test_an_input_of_another_scale_is_refused() -> None:
    tensor = {"quantization": (1 / 64, 0)}
    with pytest.raises(ModelUnusable, match="steps of"):
        interpreter_module._require_input_scale(tensor)
    with pytest.raises(ModelUnusable, match="around 3"):
        interpreter_module._require_input_scale({"quantization": (1 / 127, 3)})
    interpreter_module._require_input_scale({"quantization": (1 / 127, 0)})


@pytest.mark.parametrize(
    "tensor",
    [
        {"dtype": np.float32, "shape_signature": np.array([1, 2])},
        {"dtype": np.int8, "shape_signature": np.array([-1, 2])},
        {"dtype": np.int8, "shape_signature": np.array([8, 2])},
    ],
)
def test_float_or_dynamic_tensors_are_refused(tensor: dict[str, object]) -> None:
    with pytest.raises(ModelUnusable):
        interpreter_module._static_shape(tensor)


def test_wrong_golden_answers_are_noticed(runtime: str) -> None:
    golden = tiny_golden()
    wrong_presence = golden | {"presence": [[0.7, 0.0], *golden["presence"][1:]]}
    wrong_dosage = golden | {"dosage": [[0.5, 0.5], *golden["dosage"][1:]]}
    for changed, what in ((wrong_presence, "presence"), (wrong_dosage, "dosage")):
        bundle = variant(golden=changed)
        with pytest.raises(GoldenMismatch, match=f"{what} of golden vector 0"):
            check_golden(bundle, Interpreter.for_bundle(bundle, runtime))


def test_a_flipped_decision_is_noticed_even_within_the_tolerance() -> None:
    """The stated presence sits just above its threshold, the real one just below."""
    golden, interpreter = tiny_golden(), Interpreter(tiny_bundle(2).model)
    real = float(interpreter.predict(tiny_bundle(2).manifest.golden.inputs[0]).presence[1])
    presence = [[golden["presence"][0][0], real + 0.02], *golden["presence"][1:]]
    decisions = [["fixture A", "fixture B"], *golden["decisions"][1:]]
    bundle = variant(
        golden=golden | {"presence": presence, "decisions": decisions},
        presence_thresholds=[0.5, real + 0.01],
    )
    with pytest.raises(GoldenMismatch, match="names fixture A"):
        check_golden(bundle, interpreter)


def test_golden_block_leaves_out_what_a_rounding_could_flip() -> None:
    bundle = tiny_bundle(2)
    interpreter, inputs = Interpreter(bundle.model), bundle.manifest.golden.inputs
    names = bundle.manifest.compound_names
    for thresholds, kept in (((0.5, 0.5), 3), ((0.5, 0.99), 1)):
        decisions = golden_block(interpreter, inputs, names, thresholds)["decisions"]
        assert isinstance(decisions, list) and len(decisions) == kept
    with pytest.raises(BundleError, match="clearly"):
        golden_block(interpreter, inputs[1:], names, (0.5, 0.99))


def test_a_missing_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, module, None)
    for name, package in (("auto", "ai-edge-litert and tflite"), ("tflite", "tflite-runtime")):
        with pytest.raises(RuntimeMissing, match=package) as caught:
            Interpreter(b"", name)
        assert "pip install" in caught.value.remedy
    with pytest.raises(RuntimeMissing, match="choose auto, litert, tflite"):
        Interpreter(b"", "onnx")


def test_auto_falls_back_to_tflite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert Interpreter(tiny_bundle(1).model).runtime_name == "tflite"


def test_tflite_under_numpy_2_is_refused_before_it_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "__version__", "2.1.0")
    with pytest.raises(RuntimeMissing, match=r"crashes with numpy 2\.1\.0"):
        Interpreter(tiny_bundle(1).model, "tflite")


def test_inference_imports_no_tensorflow_and_no_cryptography() -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "import device.inference.golden\n"
        "heavy = {'cryptography', 'scipy', 'pandas', 'rich', 'click'} & set(sys.modules)\n"
        "sys.exit(' '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FIXTURES.parent.parent)
