"""A recipe: everything that decides a model, as data. One TOML file makes one model.

Unknown and missing keys are refused: a misspelt setting must not silently become a default.
Next: `library/references.py`, which turns the recipe's library into spectra.
"""

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from device.plain_file import read_plain
from firmware_bridge.errors import CallerError

RECIPE_FOLDER = Path(__file__).parent / "recipes"
_MOST_TOML_BYTES = 10_000_000  # a library of a thousand compounds has a tenth of it

Task = Literal["ramixnet1", "ramixnet2"]
Target = Literal["relative", "absolute"]
QuantizationKind = Literal["post_training", "aware"]


class RecipeError(CallerError):
    """The recipe or library file cannot be used as written."""

    code = "recipe_invalid"


@dataclass(frozen=True)
class MixtureSettings:
    """How compositions are drawn; weights are relative frequencies. See `spectra/mixtures.py`."""

    grid: float  # rows of the paper's t^n - 1 grid
    near_equal: float  # equal signal shares with jitter
    near_equal_volume: float  # equal volumes: shares follow the response factors, with jitter
    dirichlet: float
    traces: float  # log-uniform shares
    component_count_weights: tuple[float, ...]  # of 1, 2, 3 ... components
    smallest_share: float  # smaller shares are not drawn
    present_from: float  # share of all signal from which a compound counts as present
    absent_below: float  # smaller ones count as absent; between the two the label has no weight
    foreign_alone: float  # fraction of spectra made of a signal that is in no library
    foreign_added: float  # fraction with such a signal beside library compounds
    largest_foreign_share: float
    nothing: float  # fraction without any Raman signal


@dataclass(frozen=True)
class BaselineSettings:
    """Paper, Table 2, with our readings; see `spectra/baselines.py`."""

    kinds_at_most: int  # a spectrum gets 0..this many of the four kinds
    gaussian_sigma_cm1: float
    polynomial_coefficient: float  # a_i uniform in +- this / 2.5^i
    largest_scale: float  # amplitudes of Table 2 times log-uniform 1 .. this


@dataclass(frozen=True)
class DistortionSettings:
    """What instruments and samples do to a spectrum; see `spectra/distortions.py`."""

    shift_cm1: float  # uniform +-
    stretch_cm1: float  # uniform +- at the ends of the range
    compound_shift_cm1: float  # standard deviation, each compound by itself
    largest_fwhm_cm1: float  # the instrument's line width: uniform from the references' to this
    broadening_levels: int
    intensity_jitter: float  # standard deviation of relative intensities along the axis
    response_variation: float  # smooth multiplicative curve, up to +-
    snr_lowest: float  # log-uniform; highest Raman peak / noise sd per 1 cm-1
    snr_highest: float
    cosmic_ray_probability: float
    dark_structure_probability: float  # fixed-pattern residue of a bad dark frame
    missing_ends_probability: float
    missing_at_most_cm1: float  # at each end


@dataclass(frozen=True)
class NetworkSettings:
    """The encoder's blocks and the dense layer; see `network/ramixnet.py`."""

    filters: tuple[int, ...]  # M
    sizes: tuple[int, ...]  # N
    strides: tuple[int, ...]
    dense: int  # D


@dataclass(frozen=True)
class TrainingSettings:
    steps: int
    batch: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    dosage_weight: float  # of the dosage loss against the presence loss
    average_decay: float  # of the moving average of the weights that is kept
    validate_every: int = 250  # steps between two looks at held-out generated spectra
    patience: int = 0  # looks without a better one after which training ends; 0: never early
    streams: int = 1  # sources of each batch, shared by workers; see `spectra/streams.py`


@dataclass(frozen=True)
class QuantizationSettings:
    """How the float network becomes int8; see `int8/quantize.py` and `int8/aware.py`."""

    kind: QuantizationKind = "post_training"
    steps: int = 200  # of fine-tuning with rounding, if aware
    learning_rate: float = 5e-5  # at its highest; more unsettles what a long training has reached
    between_codes: bool = False  # presence 0.5 between two codes, for a network used by itself


@dataclass(frozen=True)
class EvaluationSettings:
    seed: int  # never the training seed
    spectra: int
    calibration_spectra: int  # representative data of the int8 conversion
    golden_vectors: int
    decision_scenes: int = 3000  # of each of the three streams that the decision is fitted on


@dataclass(frozen=True)
class Recipe:
    name: str
    version: str
    library: str  # a shipped library's name, or a TOML file seen from the recipe's folder
    task: Task
    target: Target  # what dosage means: relative to the largest component, or the paper's absolute
    seed: int
    created_utc: str  # fixed, so that a rebuild gives the same bytes
    security_counter: int
    mixtures: MixtureSettings
    baselines: BaselineSettings
    distortions: DistortionSettings
    network: NetworkSettings
    training: TrainingSettings
    evaluation: EvaluationSettings
    quantization: QuantizationSettings = QuantizationSettings()


def load_recipe(path: Path) -> Recipe:
    """Read one recipe.

    Raises:
        RecipeError: not readable, not TOML, unknown or missing keys, wrong types.
    """
    recipe = from_table(Recipe, read_toml(path), path.name)
    if (
        len({len(recipe.network.filters), len(recipe.network.sizes), len(recipe.network.strides)})
        > 1
    ):
        raise RecipeError(f"{path.name}: network filters, sizes and strides differ in length")
    if recipe.seed == recipe.evaluation.seed:
        raise RecipeError(f"{path.name}: evaluation must not use the training seed")
    if recipe.library.endswith(".toml"):
        recipe = dataclasses.replace(recipe, library=str(path.parent / recipe.library))
    return recipe


def provenance_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe as data for a bundle: no path of this machine, no setting nobody set."""
    table = dataclasses.asdict(recipe) | {"library": Path(recipe.library).stem}
    for settings in ("training", "quantization", "evaluation"):
        of_recipe = getattr(recipe, settings)
        for field in dataclasses.fields(of_recipe):
            if getattr(of_recipe, field.name) == field.default:
                del table[settings][field.name]
    if not table["quantization"]:
        del table["quantization"]
    return table


def read_toml(path: Path) -> dict[str, Any]:
    """Raises RecipeError with the file's name in it."""
    try:
        return tomllib.loads(read_plain(path, _MOST_TOML_BYTES).decode("utf-8"))
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # no TOML, no UTF-8, or too large
        raise RecipeError(f"{path} is not valid TOML: {error}") from error


T = TypeVar("T")


def from_table(cls: type[T], values: dict[str, Any], where: str) -> T:
    """A dataclass from a TOML table; fields with a default may be left out.

    Raises:
        RecipeError: unknown or missing keys, wrong types.
    """
    hints = get_type_hints(cls)
    needed = {
        field.name
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]  # T is a dataclass
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    unknown, missing = sorted(set(values) - set(hints)), sorted(needed - set(values))
    if unknown or missing:
        raise RecipeError(f"{where}: unknown keys {unknown}, missing keys {missing}")
    return cls(
        **{name: _convert(hints[name], value, f"{where}: {name}") for name, value in values.items()}
    )


def _convert(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise RecipeError(f"{where} must be a table")
        return from_table(hint, value, where)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise RecipeError(f"{where} must be one of {', '.join(get_args(hint))}, not {value!r}")
        return value
    if get_origin(hint) is UnionType:  # `X | None`: TOML has no null, so it is X or left out
        return _convert(get_args(hint)[0], value, where)
    if get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise RecipeError(f"{where} must be a table")
        return value
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if not isinstance(value, list) or not (value or inner is str):
            raise RecipeError(f"{where} must be a list")
        return tuple(_convert(inner, item, f"{where} {n}") for n, item in enumerate(value, start=1))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise RecipeError(f"{where} must be of type {hint.__name__}, not {value!r}")
    return value
