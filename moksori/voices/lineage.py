"""Runs of a kind: the settings they began with, and whether they may go on."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path

from hparams import (
    PRESETS,
    Hparams,
    TrainerSettings,
    current_group_names,
    from_arguments,
    preset,
)
from moksori.training import schedules
from moksori.training.callbacks import guarded
from moksori.training.cluster import Cluster
from moksori.training.devices import Devices, start
from moksori.training.runs import Run, RunError
from moksori.training.shared import SharedRun
from moksori.voices import provenance

log = logging.getLogger(__name__)

KINDS = {"tacotron": "an acoustic model", "wavenet": "a vocoder"}
# The group of the settings that each is trained by.
_FITTINGS = {"tacotron": "tacotron_training", "wavenet": "wavenet_training"}


def settings_of(run: Run, kind: str) -> Hparams:
    """The settings of a run. Raises `RunError` unless it is of that kind."""
    theirs = run.settings.get("kind")
    if theirs != kind:
        raise RunError(
            f"{run.folder} is {KINDS.get(theirs, 'no run of this program')}, "
            f"not {KINDS[kind]}"
        )
    return Hparams.from_dict(run.settings["hparams"])


def settings_for(arguments, folder: Path, store, kind: str) -> Hparams:
    """The settings a training was asked for, with what `--set` changes.

    They are those of the run in `folder` if there is one; else those of `--preset` or
    `--hparams`; else the preset that the features of `store` were made with, if one
    fits them.
    """
    if (folder / "run.json").exists():
        return from_arguments(arguments, settings_of(Run.open(folder), kind))
    made_with = (store.audio, store.text)
    fitting = (
        name for name in PRESETS if (preset(name).audio, preset(name).text) == made_with
    )
    return from_arguments(arguments, next(fitting, PRESETS[0]))


def resume_or_create(
    folder: Path, described: dict, group: str, ignore: tuple[str, ...], keep: int
) -> Run:
    """The run in `folder`, new or continued, that `described` describes.

    It may continue with other settings in `group`, that of its training (they are
    named in the log), and in the groups to `ignore`, but with nothing else that
    differs: `RunError`.
    """
    if not (folder / "run.json").exists():
        return Run.create(folder, described, keep=keep)
    run = Run.open(folder, keep=keep)
    run.settings["hparams"] = current_group_names(run.settings["hparams"])
    run.check(described, ignore=[f"hparams.{name}" for name in (group, *ignore)])
    before = getattr(Hparams.from_dict(run.settings["hparams"]), group)
    now = getattr(Hparams.from_dict(described["hparams"]), group)
    for field in dataclasses.fields(before):
        old, new = getattr(before, field.name), getattr(now, field.name)
        if old != new:
            log.info("%s.%s is %s now, was %s", group, field.name, new, old)
    return run


def together(
    arguments, store, begin: Callable[..., tuple[Hparams, Run]]
) -> tuple[Devices, Hparams, SharedRun]:
    """Wake the devices that `--devices` and the environment name, and let all hosts
    train what `begin(arguments, store)` gives the chief: `(devices, settings, run)`.

    Raises `RunError` where a host has other features than the chief.
    """
    cluster = Cluster.of()
    # A mistake is told before the backend has taken its seconds to load.
    begun = [] if cluster else [begin(arguments, store)]
    devices = start(arguments.devices, cluster)

    def first() -> dict:
        begun[:] = begun or [begin(arguments, store)]
        return begun[0][0].to_dict()

    with devices.company():
        settings = Hparams.from_dict(devices.told(first))
        devices.same("features", provenance.digest(store))
        devices.same("--mels", str(getattr(arguments, "mels", None) is not None))
        run = SharedRun(begun[0][1] if devices.chief else None, devices, arguments.run)
        if devices.chief:
            fitting = getattr(settings, _FITTINGS[run.settings["kind"]])
            about = (run.folder, store, fitting.held_out)
            guarded("the note of what is trained on", provenance.note, *about)
    log.info("training on %s", devices)
    return devices, settings, run


def prepare(
    run: SharedRun,
    trainer,
    batch: dict,
    values: dict,
    start: Callable[..., str] | None = None,
    network: Callable | None = None,
) -> None:
    """Get a run that is new ready: `start(model)` gives a model what fits of another
    run and says what it was; a step on `batch` with `values` shows whether it fits.

    `network` makes a model like that of `trainer`, for the chief of several hosts.
    """
    if run.begun:
        return
    if start is not None:
        begin_with(trainer, start, network)
    trainer.preflight(batch, **values)


def begin_with(
    trainer, start: Callable[..., str], network: Callable | None = None
) -> None:
    """Give a fresh `trainer` what `start(model)` gives a model, as in `prepare`."""
    from moksori.training.weights import arrays_of, assign

    devices = trainer.devices
    # What the chief does alone must not ask anything of the others.
    model = trainer.model if devices.hosts == 1 else network()
    account = devices.told(lambda: start(model))
    if devices.hosts > 1:
        arrays = arrays_of(model)
        theirs = map(devices.held, devices.shared(list(arrays.values())))
        assign(trainer.model, None, dict(zip(arrays, theirs, strict=True)))
    if hasattr(trainer.optimizer, "begin"):
        trainer.optimizer.begin()
    if devices.chief:
        print(account)


def learning_rate(step: int, fitting: TrainerSettings) -> float:
    """That of a step, by the schedule of the settings."""
    return schedules.learning_rate(
        step,
        fitting.learning_rate,
        fitting.final_learning_rate,
        fitting.warmup_steps,
        fitting.decay_start,
        fitting.decay_steps,
    )
