"""Model input int8[G] -> Prediction: one adapter for LiteRT and tflite-runtime.

Both libraries share one interface and differ in kernels, speed and what they do with damaged
files (the older one crashes), so only bytes that `bundle.py` verified may come here. Outputs are
found by signature name: their order is not the order in which they were declared.
Next: `golden.py`, the proof that a model answers here as it did at its publisher's.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle
from device.inference.errors import ModelUnusable, RuntimeMissing
from device.inference.manifest import Manifest, Task
from device.inference.quiet_stderr import without_chatter

PRESENCE: Final = "presence"
DOSAGE: Final = "dosage"
INPUT_LEVELS: Final = 127  # preprocessing writes round(127 x): the input scale must be 1/127
_SCALE_TOLERANCE: Final = 0.01
_LONGEST_REASON: Final = 200  # letters of what a runtime says
_DELEGATE: Final = "DELEGATE"  # LiteRT lists its own partition among the model's operators

# In the order of preference: the maintained one is four times faster and refuses damaged models.
_RUNTIMES: Final = {
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite": ("tflite_runtime.interpreter", "tflite-runtime"),
}
RUNTIMES: Final = ("auto", *_RUNTIMES)


@dataclass(frozen=True, eq=False)
class Prediction:
    """Answers of the network for C compounds, each in 0..1."""

    presence: npt.NDArray[np.float32]  # [C]
    dosage: npt.NDArray[np.float32] | None  # [C], None for a network that only answers presence


@dataclass(frozen=True, eq=False)
class _Output:
    """Where an output lies, and its value for each of the 256 bytes it can consist of."""

    index: int
    value_of_byte: npt.NDArray[np.float32]  # [256]


class Interpreter:
    """A loaded network on one thread (two are 45 times slower with tflite-runtime).

    Raises:
        RuntimeMissing: the asked runtime is not installed.
        ModelUnusable: it does not load, or is not a fully int8 network with a static batch of 1.
    """

    def __init__(self, model: bytes, runtime: str = "auto") -> None:
        self.runtime_name, self.runtime_version, build = _find_runtime(runtime)
        try:
            with without_chatter():
                self._interpreter: Any = build(model_content=model, num_threads=1)
                self._interpreter.allocate_tensors()
            input_name, output_names = _signature(self._interpreter)
            runner = self._interpreter.get_signature_runner()
            input_tensor: Mapping[str, Any] = runner.get_input_details()[input_name]
            output_tensors: Mapping[str, Mapping[str, Any]] = runner.get_output_details()
            operators = self._interpreter._get_ops_details()
        except (ValueError, RuntimeError, KeyError) as error:
            raise ModelUnusable(
                f"The network does not load with {self.runtime_name} {self.runtime_version}: "
                f"{_reason(error)}."
            ) from error
        self.operators: tuple[str, ...] = tuple(
            sorted({str(operator["op_name"]) for operator in operators} - {_DELEGATE})
        )
        self._input_index = int(input_tensor["index"])
        self._input_shape = _static_shape(input_tensor)
        self.input_size = int(np.prod(self._input_shape))
        _require_input_scale(input_tensor)
        self.output_size = int(np.prod(_static_shape(output_tensors[PRESENCE])))
        self._presence = _output(output_tensors[PRESENCE])
        self._dosage = _output(output_tensors[DOSAGE]) if DOSAGE in output_names else None
        if self._dosage and int(np.prod(_static_shape(output_tensors[DOSAGE]))) != self.output_size:
            raise ModelUnusable("The network's presence and dosage differ in length.")

    @classmethod
    def for_bundle(cls, bundle: Bundle, runtime: str = "auto") -> Interpreter:
        """Load a verified bundle's network and compare it with its manifest."""
        interpreter = cls(bundle.model, runtime)
        interpreter.require_matches(bundle.manifest)
        return interpreter

    def require_matches(self, manifest: Manifest) -> None:
        """Raise `ModelUnusable` where the network is not what its manifest says."""
        answers_dosage = manifest.task is Task.PRESENCE_AND_DOSAGE
        if answers_dosage != (self._dosage is not None):
            raise ModelUnusable(f"The network does not answer what {manifest.task.value} needs.")
        for what, found, stated in (
            ("input points", self.input_size, manifest.grid.size),
            ("outputs", self.output_size, len(manifest.compounds)),
            ("operators", self.operators, manifest.operators),
        ):
            if found != stated:
                raise ModelUnusable(
                    f"The network's {what} are {_shown(found)}, its manifest says {_shown(stated)}."
                )

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        """Answer for one int8[G] input; raises `ModelUnusable` if the input does not fit."""
        interpreter = self._interpreter
        try:
            interpreter.set_tensor(self._input_index, model_input.reshape(self._input_shape))
            interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelUnusable(
                f"The network needs {self.input_size} int8 points; it was given "
                f"{model_input.size} of {model_input.dtype}."
            ) from error
        dosage = self._dosage
        return Prediction(
            self._read(self._presence), None if dosage is None else self._read(dosage)
        )

    def _read(self, output: _Output) -> npt.NDArray[np.float32]:
        raw = self._interpreter.get_tensor(output.index)
        values: npt.NDArray[np.float32] = output.value_of_byte[raw.view(np.uint8).ravel()]
        return values


def _reason(error: Exception) -> str:
    """What the runtime says stands in the way, such as an operator of a newer version."""
    words = "".join(one if one.isprintable() else " " for one in str(error)).split()
    said = " ".join(words)[:_LONGEST_REASON].rstrip(" .")
    return said or type(error).__name__


def runtime_here(runtime: str = "auto") -> tuple[str, str]:
    """Short name and version of the runtime that would be used. Raises `RuntimeMissing`."""
    name, version, _ = _find_runtime(runtime)
    return name, version


def _find_runtime(runtime: str) -> tuple[str, str, Any]:
    """The wanted runtime's short name, its version and its Interpreter class."""
    if runtime not in RUNTIMES:
        raise RuntimeMissing(f"There is no runtime {runtime!r}; choose {', '.join(RUNTIMES)}.")
    wanted = list(_RUNTIMES) if runtime == "auto" else [runtime]
    broken: list[str] = []
    for name in wanted:
        module_name, _ = _RUNTIMES[name]
        try:
            if name == "tflite":
                _require_old_numpy()
            build = importlib.import_module(module_name).Interpreter
            package = sys.modules[module_name.partition(".")[0]]
            return name, str(getattr(package, "__version__", "of unknown version")), build
        except ImportError as error:
            if not isinstance(error, ModuleNotFoundError):  # it is there, and broken
                broken.append(_reason(error))
    packages = " and ".join(_RUNTIMES[name][1] for name in wanted)
    why = f" ({'; '.join(broken)})" if broken else ""
    raise RuntimeMissing(f"No runtime for the network: {packages} cannot be imported{why}.")


def _require_old_numpy() -> None:
    """tflite-runtime imports under numpy 2 and then takes the whole process down."""
    if int(np.__version__.split(".")[0]) >= 2:
        raise RuntimeMissing(
            f"tflite-runtime crashes with numpy {np.__version__}.",
            remedy="Install ai-edge-litert, or numpy below 2.",
        )


def _signature(interpreter: Any) -> tuple[str, list[str]]:
    """Name of the one input and of the outputs, from the one signature."""
    signatures = list(interpreter.get_signature_list().values())
    if len(signatures) != 1:
        raise ModelUnusable(f"The network has {len(signatures)} signatures instead of one.")
    inputs, outputs = list(signatures[0]["inputs"]), sorted(signatures[0]["outputs"])
    if len(inputs) != 1:
        raise ModelUnusable(f"The network has {len(inputs)} inputs instead of one.")
    if outputs not in ([PRESENCE], [DOSAGE, PRESENCE]):
        raise ModelUnusable(f"The network's outputs are {_shown(tuple(outputs))}.")
    return inputs[0], outputs


def _static_shape(tensor: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tuple(int(extent) for extent in tensor["shape_signature"])
    if tensor["dtype"] is not np.int8:
        raise ModelUnusable("The network is not int8 from input to output.")
    if not shape or shape[0] != 1 or min(shape) < 1:
        raise ModelUnusable(f"The network does not have a static batch of 1: shape {shape}.")
    return shape


def _require_input_scale(tensor: Mapping[str, Any]) -> None:
    scale, zero_point = tensor["quantization"]
    if zero_point != 0 or abs(scale * INPUT_LEVELS - 1.0) > _SCALE_TOLERANCE:
        raise ModelUnusable(
            f"The network's input counts in steps of {scale:.6f} around {zero_point}, "
            f"preprocessing in steps of 1/{INPUT_LEVELS} around 0."
        )


def _output(tensor: Mapping[str, Any]) -> _Output:
    scale, zero_point = tensor["quantization"]
    if not scale > 0.0:
        raise ModelUnusable("An output of the network has no scale.")
    as_int8 = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    return _Output(int(tensor["index"]), (as_int8 - np.float32(zero_point)) * np.float32(scale))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
