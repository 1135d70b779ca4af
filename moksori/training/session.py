"""Run a training: wake the devices, prepare the run, train, validate, show.

with session(arguments, TacotronRecipe, store) as training:
    outcome = training.fit()
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hparams import Hparams
from moksori.training.board import Board
from moksori.training.callbacks import guarded
from moksori.training.cluster import Cluster
from moksori.training.devices import Devices, start
from moksori.training.loop import Outcome, fit
from moksori.training.recipe import Recipe
from moksori.training.record import digest, write_training_record
from moksori.training.shared import SharedRun

log = logging.getLogger(__name__)


@dataclass
class Session:
    """One training by `recipe` in `run`, on `devices`; `start` is the folder of a run
    whose weights a new one begins with."""

    recipe: Recipe
    store: object
    run: SharedRun
    devices: Devices
    board: Board
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
        validate, hooks = self.devices.watching(evaluation.validate, evaluation.hooks)
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
    trained; `Lost` when another host has gone.
    """
    devices, settings, run = setup_training(arguments, kind, store)
    recipe = kind.of(arguments, settings, store)
    with devices.company(), closing(Board(run.events)) as board:
        yield Session(recipe, store, run, devices, board, arguments.start)


def setup_training(
    arguments, kind: type[Recipe], store
) -> tuple[Devices, Hparams, SharedRun]:
    """Wake the devices that `--devices` and the environment name, and let all hosts
    train what `kind.begin` gives the chief: `(devices, settings, run)`.

    Raises `RunError` where a host has other features than the chief.
    """
    cluster = Cluster.of()
    # A mistake is reported before the backend has taken its seconds to load.
    begun = [] if cluster else [kind.begin(arguments, store)]
    devices = start(arguments.devices, cluster)

    def begin() -> dict:
        begun[:] = begun or [kind.begin(arguments, store)]
        return begun[0][0].to_dict()

    with devices.company():
        settings = Hparams.from_dict(devices.told(begin))
        devices.same("features", digest(store))
        devices.same("--mels", str(getattr(arguments, "mels", None) is not None))
        run = SharedRun(begun[0][1] if devices.chief else None, devices, arguments.run)
        if devices.chief:
            about = (run.folder, store, kind.kind.training_of(settings).held_out)
            guarded("the record of the features", write_training_record, *about)
    log.info("training on %s", devices)
    return devices, settings, run


def load_initial_weights(trainer, recipe: Recipe, folder: Path) -> None:
    """Give a fresh `trainer`, on every host, what fits of the run in `folder`."""
    from moksori.training.weights import arrays_of, assign

    devices = trainer.devices
    # What the chief does alone must not ask anything of the others.
    model = trainer.model if devices.hosts == 1 else recipe.network()
    account = devices.told(lambda: recipe.warm_start(model, folder))
    if devices.hosts > 1:
        arrays = arrays_of(model)
        theirs = map(devices.held, devices.shared(list(arrays.values())))
        assign(trainer.model, None, dict(zip(arrays, theirs, strict=True)))
    if hasattr(trainer.optimizer, "begin"):
        trainer.optimizer.begin()
    if devices.chief:
        print(account)
