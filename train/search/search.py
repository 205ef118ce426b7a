"""The search itself: candidates trained by Ray Tune, here or on a cluster; worse ones stop early.

Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934): at a quarter and at half of its
steps a network goes on only if its loss is in the better half of those that came so far (all get
the same spectra, each once; exact matches are still too rare to compare). The best are trained
again from fresh seeds, beside the recipe's own network, and only that counts.
The only file that imports Ray. Next: `front.py`, how the choice is made.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler

from train.library.references import TrainingLibrary, load_library
from train.network.checkpoint import fingerprint
from train.network.evaluate import Proportion
from train.recipe import NetworkSettings, Recipe
from train.search.cluster_address import reach
from train.search.display import SearchBar
from train.search.front import SearchTrial, State, best, choose, finalists
from train.search.plan import CHECKPOINTS, FINALISTS, TRIALS, SearchError, SearchSettings, claim
from train.search.report import Found
from train.search.space import Limits, candidates, cost_of
from train.search.trial import Look, fresh_seeds, shortened, train_candidate

Trainings = Sequence[tuple[NetworkSettings, int]]  # a network and the seed of its training

_OBJECT_STORE_BYTES: Final = 100 * 2**20  # a library is far smaller
_OWN = 0  # number of the recipe's own network


def search(recipe: Recipe, settings: SearchSettings, folder: Path, address: str | None) -> Found:
    """Run a search in `folder`, or go on with the one that was interrupted there.

    Trainings that came to their end are not done again; others go on from their last checkpoint.
    With an `address` (Ray's: "auto", HOST:PORT or ray://HOST:PORT) the trials run there, and the
    folder must be on a disk that all its machines share; else on this machine's cores.

    Raises:
        RecipeError: the library cannot be used, or the limits leave no candidates.
        SearchError: the folder holds another search, no cluster answers, or every training failed.
        KeyboardInterrupt: it was interrupted; what is done is kept.
    """
    library = load_library(recipe.library)
    compound_count, grid_size = library.references.shape
    shape = (grid_size, compound_count, recipe.task)
    own = cost_of(recipe.network, *shape)
    limits = Limits(
        round(settings.max_size_kb * 1000), round(settings.max_work * own.multiply_accumulates)
    )
    networks = candidates(recipe.network, settings.trials, limits, shape, recipe.seed)
    recipe = shortened(recipe, settings.steps)
    folder = folder.resolve()
    claim(folder, fingerprint(library, recipe), settings)
    with _cluster(address):
        run = _Run(library, recipe, settings.cpus_per_trial, folder)
        outcomes = run.train(TRIALS, [(network, recipe.seed) for network in networks], halve=True)
        leaders = (recipe.network, *best(outcomes, recipe.network, settings.finalists))
        again = [
            (network, seed)
            for seed in fresh_seeds(recipe, settings.seeds)
            for network in leaders[: len(leaders) if len(leaders) > 1 else 0]
        ]
        repeated = run.train(FINALISTS, again, halve=False) if again else ()
    compared = finalists(repeated)
    return Found(recipe, own, limits, outcomes, compared, choose(recipe.network, compared))


class _Run:
    """Trains lists of networks, each list under a name that it goes on by."""

    def __init__(self, library: TrainingLibrary, recipe: Recipe, cpus: int, folder: Path) -> None:
        compound_count, grid_size = library.references.shape
        self._shape = (grid_size, compound_count, recipe.task)
        self._library, self._recipe = library, recipe
        self._cpus, self._folder = cpus, folder

    def train(self, name: str, trainings: Trainings, *, halve: bool) -> tuple[SearchTrial, ...]:
        """What came of each, in their order."""
        tuner = self._tuner(name, trainings, halve=halve)
        outcomes, errors = [], []
        for result in tuner.fit():
            metrics = result.metrics or {}
            if result.error is None and not metrics.get("done"):
                raise KeyboardInterrupt
            number = int(Path(result.path).name)  # see `_folder_name`
            outcomes.append(self._outcome(number, *trainings[number], metrics, result.error))
            errors.append(result.error)
        if all(outcome.state == "failed" for outcome in outcomes):
            raise SearchError(
                f"Every training failed, the first with: {errors[0]}",
                remedy=f"Ray's reports are in {self._folder / name}.",
            )
        return tuple(sorted(outcomes, key=lambda outcome: outcome.number))

    def _outcome(
        self, number: int, network: NetworkSettings, seed: int, metrics: dict[str, Any], error: Any
    ) -> SearchTrial:
        finished = metrics.get("step") == self._recipe.training.steps
        state: State = "failed" if error is not None else "finished" if finished else "stopped"
        return SearchTrial(
            number=number,
            seed=seed,
            network=network,
            cost=cost_of(network, *self._shape),
            state=state,
            step=metrics.get("step", 0),
            exact=Proportion(metrics.get("hits", 0), metrics.get("spectra", 0)),
            dosage_error=metrics.get("dosage_error"),
        )

    def _tuner(self, name: str, trainings: Trainings, *, halve: bool) -> tune.Tuner:
        with_data = tune.with_parameters(
            _train,
            trainings=tuple(trainings),
            library=self._library,
            recipe=self._recipe,
            cpus=self._cpus,
            checkpoints=self._folder / CHECKPOINTS / name,
        )
        trainable = tune.with_resources(with_data, {"cpu": self._cpus})
        path = str(self._folder / name)
        if tune.Tuner.can_restore(path):
            return tune.Tuner.restore(path, trainable, resume_unfinished=True)
        training = self._recipe.training
        halving = _HalvingAroundOwn(
            time_attr="step",
            max_t=training.steps,
            grace_period=training.validate_every,
            reduction_factor=2,
        )
        return tune.Tuner(
            trainable,
            param_space={"number": tune.grid_search(list(range(len(trainings))))},
            tune_config=tune.TuneConfig(
                metric="loss",
                mode="min",
                scheduler=halving if halve else None,
                trial_dirname_creator=_folder_name,
                reuse_actors=True,  # TensorFlow takes seconds to load
            ),
            run_config=tune.RunConfig(
                name=name,
                storage_path=str(self._folder),
                verbose=0,
                callbacks=[_Watch(name, training.steps)],
                failure_config=tune.FailureConfig(max_failures=1),  # a machine may go
            ),
        )


def _train(
    config: dict[str, int],
    trainings: Trainings,
    library: TrainingLibrary,
    recipe: Recipe,
    cpus: int,
    checkpoints: Path,
) -> None:
    """One trial, in a process of its own."""
    network, seed = trainings[config["number"]]
    checkpoint = checkpoints / f"{config['number']}.npz"
    train_candidate(library, recipe, network, seed, checkpoint, cpus, _report)


def _report(look: Look) -> None:
    tune.report(asdict(look) | {"exact": look.exact})


def _folder_name(trial: Any) -> str:
    return f"{trial.config['number']}"


class _HalvingAroundOwn(ASHAScheduler):  # type: ignore[misc]  # mypy does not read Ray
    """Never cuts short the recipe's own network: everything is compared with it."""

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        decision: str = super().on_trial_result(tune_controller, trial, result)
        return self.CONTINUE if trial.config["number"] == _OWN else decision


class _Watch(tune.Callback):  # type: ignore[misc]  # mypy does not read Ray
    """Shows the trials. Ray pickles it before they begin, so the bar is made only then."""

    def __init__(self, name: str, steps: int) -> None:
        self._name, self._steps = name, steps
        self._bar: SearchBar | None = None

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        if self._bar is None:
            self._bar = SearchBar(self._name, len(trials))
        steps = (
            self._steps if trial.is_finished() else trial.last_result.get("step", 0)
            for trial in trials
        )
        self._bar.show(sum(steps) / self._steps)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        last = trial.last_result
        if self._bar is not None and "exact" in last:
            early = "" if last["step"] == self._steps else f", stopped after {last['step']} steps"
            number = trial.config["number"]
            self._bar.say(f"{self._name} {number}: exact match {last['exact']:.3f}{early}")

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        if self._bar is not None:
            self._bar.say(f"{self._name} {trial.config['number']} failed")

    def on_experiment_end(self, trials: list[Any], **info: Any) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Ray at an address, or a private one on this machine that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="ramix-ray-", ignore_cleanup_errors=True) as scratch:
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        alone = {
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
            "_temp_dir": scratch,
            "_node_ip_address": "127.0.0.1",
        }
        try:
            if address is not None:
                reach(address)
            # "local", not None: None would join whatever cluster runs on this machine
            ray.init(address or "local", **quiet, **({} if address else alone))
        except (OSError, RuntimeError, ValueError) as error:
            where = f"is not reached at {address}" if address else "does not start on this machine"
            raise SearchError(f"Ray {where}: {error}") from error
        try:
            yield
        finally:
            ray.shutdown()
