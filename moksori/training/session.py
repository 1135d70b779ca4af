"""Run a training: set up devices and run, train, validate, show.

with session(arguments, TacotronRecipe, store) as training:
    outcome = training.fit()
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hparams import Hparams
from moksori.backend.cluster import ClusterSpec
from moksori.backend.devices import Devices
from moksori.backend.setup import setup_devices
from moksori.training import export
from moksori.training.callbacks import NoOpHook, guarded
from moksori.training.distributed_run import DistributedRun
from moksori.training.loop import Outcome, fit
from moksori.training.recipe import Evaluation, Recipe
from moksori.training.record import digest, write_training_record
from moksori.training.tensorboard import TensorBoardWriter

log = logging.getLogger(__name__)


@dataclass
class Session:
    """One training by `recipe` in `run`, on `devices`; `start` is the folder of a run
    whose weights a new one begins with."""

    recipe: Recipe
    store: object
    run: DistributedRun
    devices: Devices
    board: TensorBoardWriter
    start: Path | None = None

    def fit(self) -> Outcome:
        """Train until the settings' last step, or a signal.

        Raises `Diverged`, `RunError`, and `MemoryError` with advice when a step of a
        new run does not fit into memory.
        """
        recipe, run, board, t = self.recipe, self.run, self.board, self.recipe.training
        trainer = recipe.trainer(self.devices)
        data = recipe.data(self.store, trainer.model)
        if not run.begun:
            if self.start is not None:
                load_initial_weights(trainer, recipe, self.start)
            trainer.preflight(data.largest, **recipe.schedule(0))
            board.settings(0, recipe.settings.to_dict())
        evaluation = recipe.evaluation(trainer, self.store, data, run, board)
        validate, hooks = on_chief_only(self.devices, evaluation)
        return fit(
            trainer,
            data.batches,
            run,
            board,
            steps=t.steps,
            scalars=recipe.schedule,
            save_every=t.save_every,
            log_every=t.log_every,
            frames_in=data.frames_in,
            state=recipe.state,
            validate=validate,
            rank=evaluation.score,
            hooks=hooks,
        )


@contextmanager
def session(arguments, kind: type[Recipe], store) -> Iterator[Session]:
    """Begin or continue the training that a command's `arguments` ask for.

    Raises `RunError`, and what the settings and features raise, for what cannot be
    trained; `PeerLost` when another host has gone.
    """
    devices, settings, run = setup_training(arguments, kind, store)
    recipe = kind.of(arguments, settings, store)
    with devices.fail_together(), closing(TensorBoardWriter(run.events)) as board:
        start = kind.initial_run(arguments, settings)
        yield Session(recipe, store, run, devices, board, start)


def setup_training(
    arguments, kind: type[Recipe], store
) -> tuple[Devices, Hparams, DistributedRun]:
    """Set up the devices that `--devices` and the environment name, and broadcast what
    `kind.begin` gives the chief: `(devices, settings, run)`.

    Raises `RunError` where a host has other features than the chief.
    """
    cluster = ClusterSpec.from_environment()
    # A mistake is reported before the backend has taken its seconds to load.
    begun = [] if cluster else [kind.begin(arguments, store)]
    devices = setup_devices(arguments.devices, cluster)

    def begin() -> dict:
        begun[:] = begun or [kind.begin(arguments, store)]
        return begun[0][0].to_dict()

    with devices.fail_together():
        settings = Hparams.from_dict(devices.broadcast_from_chief(begin))
        devices.assert_equal_across_hosts("features", digest(store))
        aligned = getattr(arguments, "mels", None) is not None
        devices.assert_equal_across_hosts("--mels", str(aligned))
        chiefs_run = begun[0][1] if devices.chief else None
        run = DistributedRun(chiefs_run, devices, arguments.run)
        if devices.chief:
            about = (run.folder, store, kind.kind.training_of(settings).held_out)
            guarded("the record of the features", write_training_record, *about)
    log.info("training on %s", devices)
    return devices, settings, run


def on_chief_only(devices: Devices, evaluation: Evaluation) -> tuple:
    """Return `(validate, hooks)` of this host: on the chief those of the evaluation, on
    the others nothing but the pauses."""
    validate, hooks = evaluation.validate, evaluation.hooks
    if devices.chief:
        return validate, hooks
    return None, [NoOpHook(hook.every) for hook in hooks if hasattr(hook, "every")]


def load_initial_weights(trainer, recipe: Recipe, folder: Path) -> None:
    """Give a fresh `trainer`, on every host, what fits of the run in `folder`."""
    from moksori.training.weights import arrays_of, assign

    devices = trainer.devices
    # What the chief does alone must not ask anything of the others.
    model = trainer.model if devices.hosts == 1 else recipe.network()
    account = devices.broadcast_from_chief(lambda: recipe.warm_start(model, folder))
    if devices.hosts > 1:
        arrays = arrays_of(model)
        theirs = devices.broadcast_arrays(list(arrays.values()))
        theirs = map(devices.replicate, theirs)
        assign(trainer.model, None, dict(zip(arrays, theirs, strict=True)))
    if hasattr(trainer.optimizer, "begin"):
        trainer.optimizer.begin()
    if devices.chief:
        print(account)
        if folder == export.SHIPPED_VOICE:
            print("begins with the shipped voice; --from none begins with nothing")
